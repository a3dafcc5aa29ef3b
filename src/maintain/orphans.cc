#include "maintain/orphans.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/clock.h"
#include "base/fault.h"
#include "iceberg/journal.h"
#include "iceberg/lineage.h"
#include "maintain/reach.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::Snapshot;
using iceberg::Table;
using storage::FileInfo;

constexpr int64_t kDraftAgeMicros = kMicrosPerHour;  // of files on their way to their name

std::string Trash(const iceberg::TableMetadata& metadata) {
  return storage::JoinLocation(metadata.location, ".trash");
}

/// "<location>/.trash/1700000000000/data/a.parquet": the batch, and where the file was.
struct Trashed {
  int64_t batch_ms = 0;
  std::string home;
};
Trashed ParseTrashed(const std::string& location, const iceberg::TableMetadata& metadata) {
  const std::string prefix = Comparable(Trash(metadata)) + "/";
  const std::string rest = Comparable(location).substr(prefix.size());
  const size_t slash = std::min(rest.find('/'), rest.size() - 1);
  Trashed trashed{.home = storage::JoinLocation(metadata.location, rest.substr(slash + 1))};
  std::from_chars(rest.data(), rest.data() + slash, trashed.batch_ms);
  return trashed;
}

bool IsBelow(const std::string& location, const std::string& folder) {
  return location.size() > folder.size() && location.starts_with(folder) && location[folder.size()] == '/';
}

bool IsDraft(const std::string& location) {
  return location.find("/.draft-") != std::string::npos;
}

/// Of the trash: what is old enough goes for good.
Result<int64_t> EmptyTrash(const Table& table, const std::vector<FileInfo>& listed, const OrphanOptions& options) {
  const std::string trash = Comparable(Trash(*table.metadata));
  const int64_t limit_ms = NowMicros() / 1000 - options.trash_age_ms;
  std::vector<std::string> old;
  for (const FileInfo& file : listed)
    if (IsBelow(Comparable(file.location), trash) && ParseTrashed(file.location, *table.metadata).batch_ms < limit_ms)
      old.push_back(file.location);
  if (!options.dry_run) INGOT_TRY(DeleteFiles(*table.home.storage, old));
  return int64_t(old.size());
}

}  // namespace

Result<std::set<std::string>> NeededFiles(const Table& table) {
  const iceberg::TableMetadata& metadata = *table.metadata;
  std::set<std::string> needed{Comparable(table.metadata_location)};
  const auto need = [&](const std::string& location) { needed.insert(Comparable(location)); };
  for (const auto& entry : metadata.metadata_log) need(entry.metadata_file);
  for (const std::string& file : StatisticsFiles(metadata, [](iceberg::SnapshotId) { return true; })) need(file);
  const auto need_offsets = [&](const iceberg::Properties& marks) {
    if (const auto found = marks.find(iceberg::kOffsetsFileKey); found != marks.end()) need(found->second);
  };
  need_offsets(metadata.properties);
  std::vector<const Snapshot*> snapshots;
  for (const Snapshot& snapshot : metadata.snapshots) {
    snapshots.push_back(&snapshot);
    if (!snapshot.manifest_list.empty()) need(snapshot.manifest_list);
    need_offsets(snapshot.summary);
  }
  INGOT_ASSIGN(const auto manifests, ManifestsOf(*table.home.storage, snapshots));
  std::vector<const iceberg::ManifestFile*> all;
  for (const auto& [location, manifest] : manifests) {
    need(location);
    all.push_back(&manifest);
  }
  INGOT_TRY(ForEachEntry(*table.home.storage, metadata, all,
                         [&](const iceberg::ManifestFile&, iceberg::ManifestEntry& entry) {
                           if (entry.status != iceberg::EntryStatus::kDeleted) need(entry.file.location);
                         }));
  return needed;
}

Result<Orphans> RemoveOrphans(const iceberg::TableHome& home, const OrphanOptions& options) {
  // In this order: a file that is listed was announced before it was made, and either is so still, or its writer has
  // committed it or given it up.
  INGOT_ASSIGN(const Table before, iceberg::LoadTable(home));
  INGOT_TRY(CheckMayDelete(*before.metadata, home.name.Text()));
  storage::Storage& storage = *before.home.storage;
  INGOT_ASSIGN(const auto listed, storage.List(before.metadata->location));
  INGOT_ASSIGN(const auto journal, iceberg::ReadJournal(storage, *before.metadata));
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  if (table.metadata->location != before.metadata->location)
    return Fail(ErrorKind::kConflict, "table " + home.name.Text() + " moved to another place meanwhile");
  INGOT_ASSIGN(const auto needed, NeededFiles(table));

  const std::string trash = Comparable(Trash(*table.metadata));
  std::vector<std::string> others;
  for (const std::string& location : options.other_tables)
    if (const auto other = Comparable(location); IsBelow(other, Comparable(table.metadata->location)))
      others.push_back(other);
  const int64_t now = NowMicros();
  Orphans orphans;
  for (const FileInfo& file : listed) {
    const std::string location = Comparable(file.location);
    const int64_t age = now - file.modified_micros;
    if (needed.contains(location) || age < options.older_than_ms * 1000 || journal.Owns(file.location) ||
        IsBelow(location, trash) || location.ends_with("/version-hint.text") ||
        (IsDraft(location) && age < kDraftAgeMicros) ||
        (iceberg::IsJournalEntry(location) && !journal.ended.contains(file.location)) ||
        std::ranges::any_of(others, [&](const std::string& other) { return IsBelow(location, other); }))
      continue;
    orphans.files.push_back(file);
    orphans.bytes += file.bytes;
  }
  INGOT_ASSIGN(orphans.emptied, EmptyTrash(table, listed, options));
  if (options.dry_run) return orphans;
  const std::string batch = storage::JoinLocation(Trash(*table.metadata), std::to_string(now / 1000));
  const size_t root = Comparable(table.metadata->location).size() + 1;
  for (const FileInfo& file : orphans.files) {
    INGOT_TRY(options.trash
                  ? storage.Move(file.location, storage::JoinLocation(batch, Comparable(file.location).substr(root)))
                  : storage.Delete(file.location));
    INGOT_TRY(FaultPoint("orphans.after_file"));
  }
  return orphans;
}

Result<int64_t> RestoreOrphans(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto listed, table.home.storage->List(Trash(*table.metadata)));
  int64_t newest = 0, restored = 0;
  for (const FileInfo& file : listed) newest = std::max(newest, ParseTrashed(file.location, *table.metadata).batch_ms);
  for (const FileInfo& file : listed) {
    const Trashed trashed = ParseTrashed(file.location, *table.metadata);
    if (trashed.batch_ms != newest) continue;
    INGOT_TRY(table.home.storage->Move(file.location, trashed.home));
    ++restored;
  }
  return restored;
}

}  // namespace ingot::maintain
