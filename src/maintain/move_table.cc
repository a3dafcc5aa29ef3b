#include "maintain/move_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/retry.h"
#include "iceberg/commit.h"
#include "iceberg/journal.h"
#include "iceberg/location_catalog.h"
#include "iceberg/unregistered.h"
#include "maintain/moved_files.h"
#include "maintain/moved_paths.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::LoadedTable;
using iceberg::Snapshot;
using iceberg::SnapshotId;
using iceberg::TableHome;
using iceberg::TableMetadata;

/// Loads the table. If its metadata file is not at the old location any more, it is read at the new one.
Result<LoadedTable> LoadMoved(const TableHome& home, const std::string& to) {
  auto loaded = home.catalog->Load(home.name, home.storage);
  if (loaded || loaded.error().kind != ErrorKind::kCorrupt) return loaded;
  INGOT_ASSIGN(const auto entries, home.catalog->Entries());
  for (const iceberg::CatalogEntry& entry : entries) {
    if (entry.catalog != home.catalog->Name() || entry.name != home.name || entry.metadata_location.empty()) continue;
    if (home.storage->Exists(entry.metadata_location).value_or(true)) break;  // it is damaged
    const std::string name = entry.metadata_location.substr(entry.metadata_location.rfind('/') + 1);
    auto metadata =
        iceberg::ReadMetadataFile(*home.storage, storage::JoinLocation(storage::JoinLocation(to, "metadata"), name));
    if (metadata)
      return LoadedTable{entry.metadata_location, std::make_shared<const TableMetadata>(*std::move(metadata)),
                         home.storage};
  }
  return loaded;
}

/// Errors: kExists if a table with snapshots is in the folder, other than the one with this UUID.
Status CheckFree(storage::Storage& storage, const std::string& to, const std::string& uuid) {
  const std::string folder = storage::JoinLocation(to, "metadata");
  INGOT_ASSIGN(const auto files, storage.List(folder));
  const auto* newest = iceberg::NewestMetadata(files);
  if (newest == nullptr) return {};
  const auto there = iceberg::ReadMetadataFile(storage, newest->location);
  if (there && (there->table_uuid == uuid || there->snapshots.empty())) return {};
  return Fail(ErrorKind::kExists, "another table is at " + to + " (" + newest->location + "): name another location");
}

class Moving {
 public:
  Moving(const TableHome& home, const MoveOptions& options, const LoadedTable& base)
      : home_(home),
        options_(options),
        paths_(*base.metadata, options.to),
        old_(*base.metadata),
        target_(TargetOf(*base.metadata)),
        files_(base.storage, paths_, target_) {}

  /// Commits the table at its new location. Errors: kConflict if it was changed meanwhile.
  Status Commit(const LoadedTable& base) {
    changed_ = base.metadata->location != paths_.To();
    INGOT_ASSIGN(TableMetadata next, WithNewPaths(*base.metadata));
    if (!changed_) return {};
    INGOT_TRY(FaultPoint("move.manifests_written"));
    INGOT_TRY(files_.Copy(options_.threads, options_.progress));
    INGOT_TRY(FindIncomplete(*base.metadata));
    next.last_updated_ms = std::max(NowMicros() / 1000, base.metadata->last_updated_ms);
    INGOT_TRY(FaultPoint("move.files_copied"));
    INGOT_TRY(home_.catalog->Commit(home_.name, base, next));
    return FaultPoint("move.committed");
  }

  Moved Report() const {
    Moved moved{.from = {},
                .to = paths_.To(),
                .files_copied = files_.CopiedFiles(),
                .bytes_copied = files_.CopiedBytes(),
                .files_adopted = files_.AdoptedFiles()};
    for (const auto& [id, why] : unreadable_) moved.unreadable.push_back(fmt::format("{}: {}", id, why));
    return moved;
  }

 private:
  struct Uses {
    std::vector<const MovedFiles::Manifest*> manifests;
    std::vector<size_t> files;  // that its summary names
  };

  TableMetadata TargetOf(const TableMetadata& metadata) const {
    TableMetadata target = metadata;
    target.snapshots = {};
    target.location = paths_.To();
    target.properties = paths_.Of(metadata.properties);
    return target;
  }

  Result<TableMetadata> WithNewPaths(const TableMetadata& base) {
    TableMetadata next = base;
    next.location = paths_.To();
    if (!storage::PathBelow(base.location, paths_.To())) next.properties[kMovedFromProperty] = base.location;
    next.properties = paths_.Of(std::move(next.properties));
    for (const auto& [key, value] : base.properties)
      if (NamesFile(key) && paths_.OfText(value)) files_.Add(value, -1);
    next.metadata_log.clear();  // earlier versions name the old paths
    next.snapshots = {};
    for (const Snapshot& snapshot : base.snapshots) {
      auto moved = WithNewPaths(snapshot, base);
      if (!moved && moved.error().kind == ErrorKind::kNotFound && !IsNeeded(base, snapshot.snapshot_id)) {
        unreadable_[snapshot.snapshot_id] = moved.error().message;
        Snapshot unreadable = snapshot;
        unreadable.manifest_list = paths_.Of(snapshot.manifest_list);
        moved = WithPathsInJson(std::move(unreadable));
      }
      INGOT_TRY(WithContext(moved, fmt::format("snapshot {}", snapshot.snapshot_id)));
      next.snapshots.push_back(*std::move(moved));
    }
    return CatchJsonProblems([&] {
      next.other = StatisticsWithNewPaths(next.other);
      return std::move(next);
    });
  }

  /// Whether a property whose value is a location names a file: one with a checkpoint, not a folder.
  static bool NamesFile(const std::string& key) { return key != kMovedFromProperty && !key.starts_with("write."); }

  Result<Snapshot> WithNewPaths(const Snapshot& snapshot, const TableMetadata& base) {
    if (const auto known = snapshots_.find(snapshot.snapshot_id); known != snapshots_.end()) return known->second;
    Uses uses;
    INGOT_ASSIGN(uses.manifests, files_.Manifests(snapshot, base));
    Snapshot moved = snapshot;
    bool stays = !snapshot.manifest_list.empty() && paths_.Of(snapshot.manifest_list) == snapshot.manifest_list &&
                 std::ranges::none_of(uses.manifests, &MovedFiles::Manifest::changed);
    for (auto& [key, value] : moved.summary)
      if (auto path = paths_.OfText(value)) {
        uses.files.push_back(files_.Add(value, -1));
        value = *std::move(path);
        stays = false;
      }
    if (stays) return snapshots_[snapshot.snapshot_id] = snapshot;
    changed_ = true;
    INGOT_TRY(WriteList(uses, moved));
    INGOT_ASSIGN(moved, WithPathsInJson(std::move(moved)));
    uses_[snapshot.snapshot_id] = std::move(uses);
    return snapshots_[snapshot.snapshot_id] = std::move(moved);
  }

  /// The snapshot's text with the paths that its members have.
  static Result<Snapshot> WithPathsInJson(Snapshot snapshot) {
    return CatchJsonProblems([&] {
      if (snapshot.json.empty()) return std::move(snapshot);
      Json json = Json::parse(snapshot.json);
      json["manifest-list"] = snapshot.manifest_list;
      json.erase("manifests");
      if (!snapshot.summary.empty()) json["summary"] = snapshot.summary;
      snapshot.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
      return std::move(snapshot);
    });
  }

  Status WriteList(const Uses& uses, Snapshot& moved) const {
    std::vector<iceberg::ManifestFile> manifests;
    for (const auto* manifest : uses.manifests) manifests.push_back(manifest->file);
    moved.manifest_list = storage::JoinLocation(
        MetadataFolder(target_), fmt::format("snap-{}-1-{}.avro", moved.snapshot_id, iceberg::NewFileName()));
    moved.manifests.clear();
    return iceberg::WriteManifestList(*home_.storage, moved.manifest_list, moved, manifests, old_.format_version);
  }

  std::string StatisticsWithNewPaths(const std::string& other) {
    if (other.empty()) return other;
    Json json = Json::parse(other);
    for (const char* list : {"statistics", "partition-statistics"})
      if (const auto files = json.find(list); files != json.end() && files->is_array())
        for (Json& file : *files) {
          const auto path = file.at("statistics-path").get<std::string>();
          if (paths_.Of(path) == path) continue;
          changed_ = true;
          uses_[file.value("snapshot-id", SnapshotId(0))].files.push_back(
              files_.Add(path, file.value("file-size-in-bytes", int64_t(-1))));
          file["statistics-path"] = paths_.Of(path);
        }
    return json.dump();
  }

  static bool IsNeeded(const TableMetadata& base, SnapshotId id) {
    return base.current_snapshot_id == id ||
           std::ranges::any_of(base.refs, [&](const auto& ref) { return ref.second.snapshot_id == id; });
  }

  /// The first file of the snapshot that is at neither location.
  std::optional<std::string> MissingFileOf(SnapshotId id) {
    const Uses& uses = uses_[id];
    for (const size_t file : uses.files)
      if (files_.IsMissing(file)) return files_.From(file);
    for (const auto* manifest : uses.manifests)
      for (const size_t file : manifest->files)
        if (files_.IsMissing(file)) return files_.From(file);
    return std::nullopt;
  }

  Status FindIncomplete(const TableMetadata& base) {
    for (const Snapshot& snapshot : base.snapshots) {
      const auto missing = MissingFileOf(snapshot.snapshot_id);
      if (!missing) continue;
      if (IsNeeded(base, snapshot.snapshot_id))
        return Fail(
            ErrorKind::kNotFound,
            fmt::format("table {}: snapshot {} needs {}, which does not exist here or at {}; see: ingot doctor {}",
                        home_.name.Text(), snapshot.snapshot_id, *missing, paths_.To(), home_.name.Text()));
      unreadable_[snapshot.snapshot_id] = "file not found: " + *missing;
    }
    return {};
  }

  const TableHome& home_;
  const MoveOptions& options_;
  const MovedPaths paths_;
  const TableMetadata old_, target_;
  MovedFiles files_;
  bool changed_ = false;  // whether the state that was examined last names old paths
  std::map<SnapshotId, Snapshot> snapshots_;
  std::map<SnapshotId, Uses> uses_;
  std::map<SnapshotId, std::string> unreadable_;
};

/// Other processes that write to the table.
std::vector<std::string> WritersOf(storage::Storage& storage, const TableMetadata& metadata) {
  const auto journal = iceberg::ReadJournal(storage, metadata);
  std::vector<std::string> writers;
  if (!journal) return writers;
  const std::string own = iceberg::NewFileName();
  for (const std::string& writer : journal->writers)
    if (!own.starts_with(writer)) writers.push_back(writer);
  return writers;
}

Status CheckMovable(const TableHome& home, const TableMetadata& metadata, const std::string& to) {
  INGOT_TRY(iceberg::CheckWritable(metadata));
  if (home.catalog->ChoosesLocations())
    return Fail(ErrorKind::kUnsupported,
                "this catalog writes the metadata of its tables itself, so that their location cannot be changed: "
                "move the table with the catalog's own tools, or create it in another catalog");
  const std::string from = storage::CanonicalLocation(metadata.location), target = storage::CanonicalLocation(to);
  if (from != target && (storage::IsInside(from, target) || storage::IsInside(target, from)))
    return Fail(ErrorKind::kBadInput,
                fmt::format("one of {} and {} is below the other: name a location beside it", metadata.location, to));
  INGOT_TRY(CheckFree(*home.storage, to, metadata.table_uuid));
  if (const auto writers = WritersOf(*home.storage, metadata); !writers.empty())
    return Fail(ErrorKind::kConflict,
                fmt::format("{} other process{} to table {}: stop what runs or maintains it, then move it again",
                            writers.size(), writers.size() == 1 ? " writes" : "es write", home.name.Text()));
  return {};
}

/// Earlier metadata files name the old paths: they are not part of the table any more.
Status ForgetOldVersions(const TableHome& home, const std::string& to) {
  const auto is_old = [&](const iceberg::MetadataLogEntry& entry) {
    return !storage::PathBelow(entry.metadata_file, to);
  };
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  if (std::ranges::none_of(table.metadata->metadata_log, is_old)) return {};
  INGOT_TRY(iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
    std::erase_if(metadata.metadata_log, is_old);
    return {};
  }));
  return FaultPoint("move.log_trimmed");
}

}  // namespace

Result<Moved> MoveTable(const TableHome& home, const MoveOptions& options) {
  const std::string to = storage::AbsoluteLocation(options.to);
  std::optional<Moving> moving;
  std::optional<TableMetadata> before;  // of a table that is moved now
  INGOT_TRY(iceberg::RetryOnConflict([&]() -> Status {
    INGOT_ASSIGN(const LoadedTable base, LoadMoved(home, to));
    const bool is_there = storage::PathBelow(base.metadata->location, to).has_value();
    // A process that wrote during an earlier move may have added files under their old paths.
    if (is_there && base.metadata->Property(kMovedFromProperty, "").empty()) return {};
    if (!is_there) INGOT_TRY(CheckMovable(home, *base.metadata, to));
    if (!moving) moving.emplace(home, options, base);
    if (!is_there && !before) before = *base.metadata;
    return moving->Commit(base);
  }));
  INGOT_TRY(ForgetOldVersions(home, to));
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_TRY(iceberg::MarkRegistered(*home.storage, *table.metadata));
  Moved moved = moving ? moving->Report() : Moved{.to = to};
  moved.from = table.metadata->Property(kMovedFromProperty, "");
  moved.snapshots = int64_t(table.metadata->snapshots.size());
  if (moved.from.empty()) return moved;
  const auto remaining = home.storage->List(moved.from);
  moved.files_remain = remaining && !remaining->empty();
  if (!moved.files_remain) return moved;
  TableMetadata old = before.value_or(*table.metadata);
  if (!before) old.location = moved.from, old.properties.erase("write.metadata.path");
  // So that the old folder is not taken for a table that the catalog has lost.
  INGOT_TRY(iceberg::MarkUnregistered(*home.storage, old));
  moved.still_writes = WritersOf(*home.storage, old);
  return moved;
}

}  // namespace ingot::maintain
