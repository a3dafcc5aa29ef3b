#include "maintain/orphans.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/fault.h"
#include "base/parallel.h"
#include "iceberg/journal.h"
#include "iceberg/location_catalog.h"
#include "maintain/needed_files.h"
#include "storage/hide_files.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using storage::FileInfo;

constexpr int64_t kDraftAgeMicros = kMicrosPerHour;  // of temporary files that are renamed when complete
constexpr std::string_view kTrash = ".trash";
constexpr int kParentFoldersMax = 4;  // from a metadata file up to its table's folder

/// "1700000000000/data/a.parquet": a path in the trash, of the time of the removal and the path in the table's folder.
struct TrashPath {
  int64_t batch_ms = 0;
  std::string below;
};
TrashPath ParseTrashPath(std::string_view below_trash) {
  const size_t slash = std::min(below_trash.find('/'), below_trash.size());
  TrashPath trashed{.below = std::string(below_trash.substr(std::min(slash + 1, below_trash.size())))};
  std::from_chars(below_trash.data(), below_trash.data() + slash, trashed.batch_ms);
  return trashed;
}

bool IsDraft(const std::string& below) {
  return below.substr(below.rfind('/') + 1).starts_with(".draft-");
}

/// The folder that a file was listed in, as the listing spells it; it may differ from `folder` by symbolic links.
std::string ListedFolder(const ListedFile& file, const std::string& folder) {
  const std::string& location = file.file.location;
  return location.ends_with("/" + file.below) ? location.substr(0, location.size() - file.below.size() - 1) : folder;
}

/// Deletes files in the trash that are old enough; returns their number.
Result<int64_t> EmptyTrash(const Table& table, const std::vector<ListedFile>& listed, const OrphanOptions& options) {
  const int64_t limit_ms = NowMicros() / 1000 - options.trash_age_ms;
  std::vector<std::string> old;
  for (const ListedFile& file : listed)
    if (file.below.starts_with(std::string(kTrash) + "/") &&
        ParseTrashPath(std::string_view(file.below).substr(kTrash.size() + 1)).batch_ms < limit_ms)
      old.push_back(file.file.location);
  if (!options.dry_run) INGOT_TRY(DeleteFiles(*table.home.storage, old));
  return int64_t(old.size());
}

/// Prevents processes with silent entries from committing files that are about to be removed: the next commit conflicts
/// with the changed metadata, and later ones find the entry removed.
Status FenceWriters(const iceberg::TableHome& home, storage::Storage& storage, const iceberg::Journal& journal) {
  for (const std::string& entry : journal.silent) INGOT_TRY(storage.Delete(entry));
  const bool writers = std::ranges::any_of(
      journal.silent, [](const std::string& entry) { return entry.find("/writes-") != std::string::npos; });
  // Catalogs that choose locations detect conflicts by snapshots only; there the removed entry must suffice.
  if (!writers || home.catalog->ChoosesLocations()) return {};
  INGOT_TRY(iceberg::CommitMetadata(home, [](iceberg::TableMetadata&) { return Status(); }));
  return {};
}

/// Reads the table from the files that would remain.
Status CheckReadable(const Table& table, const std::vector<FileInfo>& taken) {
  std::set<std::string> hidden;
  for (const FileInfo& file : taken) hidden.insert(storage::CanonicalLocation(file.location));
  const auto remaining = storage::HideFiles(table.home.storage, hidden);
  const auto unreadable = [&](const std::string& why) {
    return Fail(ErrorKind::kInternal,
                "nothing was moved: table " + table.home.name.Text() +
                    " could not be read without the supposed orphans (please report this): " + why);
  };
  auto metadata = *table.metadata;
  if (!table.metadata_location.empty()) {
    auto read = iceberg::ReadMetadataFile(*remaining, table.metadata_location);
    if (!read) return unreadable(read.error().message);
    metadata = *std::move(read);
  }
  const auto needed = NeededLocations(*remaining, metadata);
  if (!needed) return unreadable(needed.error().message);
  for (const std::string& location : *needed)
    if (hidden.contains(storage::CanonicalLocation(location))) return unreadable(location);
  return {};
}

/// The files that the table needs and that do not exist.
Result<std::vector<std::string>> MissingOf(const Table& table) {
  INGOT_ASSIGN(const auto needed, NeededLocations(*table.home.storage, *table.metadata));
  std::vector<std::string> missing;
  std::mutex mutex;
  INGOT_TRY(ForEachInParallel(kStorageThreads, needed.size(), [&](size_t, size_t i) -> Status {
    INGOT_ASSIGN(const bool exists, table.home.storage->Exists(needed[i]));
    std::lock_guard lock(mutex);
    if (!exists) missing.push_back(needed[i]);
    return {};
  }));
  std::ranges::sort(missing);
  return missing;
}

Status RemoveFiles(storage::Storage& storage, const std::string& location, const std::vector<ListedFile>& orphans,
                   bool to_trash) {
  const std::string trash = storage::JoinLocation(ListedFolder(orphans.front(), location), kTrash),
                    batch = storage::JoinLocation(trash, std::to_string(NowMicros() / 1000));
  for (const ListedFile& file : orphans) {
    INGOT_TRY(to_trash ? storage.Move(file.file.location, storage::JoinLocation(batch, file.below))
                       : storage.Delete(file.file.location));
    INGOT_TRY(FaultPoint("orphans.after_file"));
  }
  return {};
}

/// The folder of a table whose metadata file may be in the trash: the nearest parent folder with a trash.
Result<std::string> FolderOf(const iceberg::TableHome& home) {
  auto table = iceberg::LoadTable(home);
  if (table) return table->metadata->location;
  INGOT_ASSIGN(const auto entries, home.catalog->Entries());
  for (const auto& entry : entries) {
    if (entry.catalog != home.catalog->Name() || entry.name != home.name) continue;
    std::string folder = entry.metadata_location;
    for (int i = 0; i < kParentFoldersMax && folder.rfind('/') != std::string::npos; ++i) {
      folder.resize(folder.rfind('/'));
      const auto trash = home.storage->List(storage::JoinLocation(folder, kTrash));
      if (trash && !trash->empty()) return folder;
    }
  }
  return std::unexpected(std::move(table).error());
}

/// Moves a file back; returns false if a different file is at its location.
Result<bool> RestoreFile(storage::Storage& storage, const FileInfo& trashed, const std::string& place) {
  INGOT_ASSIGN(const bool taken, storage.Exists(place));
  if (!taken) {
    INGOT_TRY(storage.Move(trashed.location, place));
    return true;
  }
  // Object stores move by copy and delete, so a crash in between leaves both files.
  INGOT_ASSIGN(const auto there, storage.ReadAll(place));
  INGOT_ASSIGN(const auto here, storage.ReadAll(trashed.location));
  if (there != here) return false;
  INGOT_TRY(storage.Delete(trashed.location));
  return true;
}

}  // namespace

Result<Orphans> RemoveOrphans(const iceberg::TableHome& home, const OrphanOptions& options) {
  // The order matters: a listed file was announced in the journal before it was written. By the time the journal is
  // read, either its entry still exists, or its writer has committed or deleted it.
  INGOT_ASSIGN(const Table before, iceberg::LoadTable(home));
  INGOT_TRY(CheckMayDelete(*before.metadata, home.name.Text()));
  storage::Storage& storage = *before.home.storage;
  INGOT_ASSIGN(const auto listed, ListFolder(storage, before.metadata->location));
  INGOT_ASSIGN(const auto journal, iceberg::ReadJournal(storage, *before.metadata));
  if (!options.dry_run) INGOT_TRY(FenceWriters(home, storage, journal));
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  if (table.metadata->location != before.metadata->location)
    return Fail(ErrorKind::kConflict, "table " + home.name.Text() + " was moved to another location meanwhile");
  INGOT_ASSIGN(const auto needed, NeededFiles(table));
  INGOT_ASSIGN(auto shared_folder, InspectSharedFolder(table, listed, options.other_tables));

  const int64_t now = NowMicros();
  std::vector<ListedFile> chosen;
  for (const ListedFile& file : listed) {
    const int64_t age = now - file.file.modified_micros;
    const bool draft = IsDraft(file.below);
    if (needed.contains(file.identity) || shared_folder.needed.contains(file.identity) || shared_folder.Holds(file) ||
        age < options.older_than_ms * 1000 || journal.Owns(file.file.location) ||
        (draft ? age < kDraftAgeMicros : IsHidden(file.below)) || file.below.starts_with(kTrash) ||
        file.below.ends_with("version-hint.text") ||
        (iceberg::IsJournalEntry(file.file.location) && !journal.ended.contains(file.file.location)))
      continue;
    chosen.push_back(file);
  }
  Orphans orphans{.notes = std::move(shared_folder.notes)};
  if (shared_folder.uncertain && !chosen.empty()) {
    orphans.notes.push_back(fmt::format("skipped {} files that table {} does not need in {}: {}", chosen.size(),
                                        home.name.Text(), table.metadata->location, *shared_folder.uncertain));
    chosen.clear();
  }
  for (const ListedFile& file : chosen) {
    orphans.files.push_back(file.file);
    orphans.bytes += file.file.bytes;
  }
  if (!options.dry_run && !chosen.empty()) {
    INGOT_TRY(CheckReadable(table, orphans.files));
    for (const Table& other : shared_folder.sharing) INGOT_TRY(CheckReadable(other, orphans.files));
  }
  INGOT_ASSIGN(orphans.emptied, EmptyTrash(table, listed, options));
  if (options.dry_run || chosen.empty()) return orphans;
  INGOT_TRY(RemoveFiles(storage, table.metadata->location, chosen, options.trash));
  return orphans;
}

Result<int64_t> RestoreOrphans(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const std::string folder, FolderOf(home));
  const std::string trash = storage::JoinLocation(folder, kTrash);
  INGOT_ASSIGN(const auto listed, ListFolder(*home.storage, trash));
  int64_t newest = 0, restored = 0;
  for (const ListedFile& file : listed) newest = std::max(newest, ParseTrashPath(file.below).batch_ms);
  std::vector<std::string> taken;
  for (const ListedFile& file : listed) {
    const TrashPath trashed = ParseTrashPath(file.below);
    if (trashed.batch_ms != newest || trashed.below.empty()) continue;
    std::string home_folder = ListedFolder(file, trash);
    home_folder.resize(home_folder.size() - kTrash.size());
    const std::string place = storage::JoinLocation(home_folder, trashed.below);
    INGOT_ASSIGN(const bool done, RestoreFile(*home.storage, file.file, place));
    done ? void(++restored) : taken.push_back(place);
  }
  const std::string so_far = fmt::format("{} files restored, but ", restored);
  if (!taken.empty())
    return Fail(ErrorKind::kExists, fmt::format("{}{} others have a different file at their location; they stay in "
                                                "{}: {}",
                                                so_far, taken.size(), trash, taken[0]));
  INGOT_ASSIGN(const Table table, WithContext(iceberg::LoadTable(home), so_far + "the table cannot be read"));
  INGOT_ASSIGN(const auto missing, WithContext(MissingOf(table), so_far + "the table cannot be read"));
  if (!missing.empty())
    return Fail(ErrorKind::kCorrupt, fmt::format("{}table {} still lacks {} files (see: ingot doctor {}): {}", so_far,
                                                 home.name.Text(), missing.size(), home.name.Text(), missing[0]));
  return restored;
}

}  // namespace ingot::maintain
