#include "maintain/expire.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "base/fault.h"
#include "maintain/needed_files.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::EntryStatus;
using iceberg::ManifestEntry;
using iceberg::ManifestFile;
using iceberg::Snapshot;
using iceberg::SnapshotId;
using iceberg::SnapshotRef;
using iceberg::TableMetadata;

constexpr int64_t kMillisPerDay = 24 * 3600 * 1000;

/// Chooses the snapshots and refs to keep, from the refs, the table properties and the options.
class SnapshotRetention {
 public:
  SnapshotRetention(const TableMetadata& metadata, const ExpireOptions& options)
      : metadata_(metadata), options_(options), now_ms_(NowMicros() / 1000) {
    max_age_ms_ =
        options.max_age_ms.value_or(metadata.PropertyInt("history.expire.max-snapshot-age-ms", 5 * kMillisPerDay));
    min_count_ = std::max<int64_t>(
        1, options.retain_last.value_or(metadata.PropertyInt("history.expire.min-snapshots-to-keep", 1)));
    max_ref_age_ms_ = metadata.PropertyInt("history.expire.max-ref-age-ms", std::numeric_limits<int64_t>::max());
    kept_.insert(options.keep.begin(), options.keep.end());
    for (const auto& [name, ref] : metadata.refs) {
      if (name != "main" && Age(ref.snapshot_id) > ref.max_ref_age_ms.value_or(max_ref_age_ms_))
        expired_refs_.push_back(name);
      else
        KeepRef(name, ref);
    }
    if (metadata.current_snapshot_id && !metadata.refs.contains("main"))
      KeepRef("main", {.snapshot_id = *metadata.current_snapshot_id});
    for (const Snapshot& snapshot : metadata.snapshots)
      if (!referenced_.contains(snapshot.snapshot_id) && now_ms_ - snapshot.timestamp_ms <= max_age_ms_)
        kept_.insert(snapshot.snapshot_id);
  }

  const std::vector<std::string>& expired_refs() const { return expired_refs_; }
  std::unordered_set<SnapshotId> ExpiredSnapshots() const {
    std::unordered_set<SnapshotId> gone;
    for (const Snapshot& snapshot : metadata_.snapshots)
      if (!kept_.contains(snapshot.snapshot_id)) gone.insert(snapshot.snapshot_id);
    return gone;
  }

 private:
  int64_t Age(SnapshotId id) const {
    const Snapshot* snapshot = metadata_.SnapshotById(id);
    return snapshot == nullptr ? 0 : now_ms_ - snapshot->timestamp_ms;
  }

  void KeepRef(const std::string& name, const SnapshotRef& ref) {
    const auto chain = AncestorsOf(metadata_, ref.snapshot_id);
    kept_.insert(ref.snapshot_id);
    referenced_.insert(ref.snapshot_id);
    if (ref.type == "tag") return;
    const int64_t min_count = std::max<int64_t>(1, ref.min_snapshots_to_keep.value_or(min_count_));
    const int64_t max_age = ref.max_snapshot_age_ms.value_or(max_age_ms_);
    bool old = false;
    for (size_t i = 0; i < chain.size(); ++i) {
      referenced_.insert(chain[i]->snapshot_id);
      old = old || (int64_t(i) >= min_count && now_ms_ - chain[i]->timestamp_ms > max_age);
      const bool wanted = name == "main" && chain[i]->sequence_number >= options_.keep_from;
      if (!old || wanted) kept_.insert(chain[i]->snapshot_id);
    }
  }

  const TableMetadata& metadata_;
  const ExpireOptions& options_;
  int64_t now_ms_, max_age_ms_, min_count_, max_ref_age_ms_;
  std::unordered_set<SnapshotId> kept_, referenced_;
  std::vector<std::string> expired_refs_;
};

/// The snapshots of `only` that the metadata has, without the current one. Removes the refs to them.
std::unordered_set<SnapshotId> TakeOnly(TableMetadata& metadata, const std::set<SnapshotId>& only) {
  std::unordered_set<SnapshotId> gone;
  for (const Snapshot& snapshot : metadata.snapshots)
    if (only.contains(snapshot.snapshot_id) && snapshot.snapshot_id != metadata.current_snapshot_id)
      gone.insert(snapshot.snapshot_id);
  std::erase_if(metadata.refs, [&](const auto& ref) { return gone.contains(ref.second.snapshot_id); });
  return gone;
}

/// Removes expired refs and snapshots from the metadata.
void RemoveExpired(TableMetadata& metadata, const ExpireOptions& options, const KeepSummaries& keep) {
  std::unordered_set<SnapshotId> gone;
  if (options.only) {
    gone = TakeOnly(metadata, *options.only);
  } else {
    const SnapshotRetention retention(metadata, options);
    for (const std::string& name : retention.expired_refs()) metadata.refs.erase(name);
    gone = retention.ExpiredSnapshots();
  }
  if (gone.empty()) return;
  const TableMetadata before = metadata;
  iceberg::RemoveSnapshots(metadata, gone);
  keep(before, metadata);
}

std::vector<const Snapshot*> All(const TableMetadata& metadata) {
  std::vector<const Snapshot*> all;
  for (const Snapshot& snapshot : metadata.snapshots) all.push_back(&snapshot);
  return all;
}

std::vector<const ManifestFile*> Pointers(const std::map<std::string, ManifestFile>& manifests) {
  std::vector<const ManifestFile*> pointers;
  for (const auto& [location, manifest] : manifests) pointers.push_back(&manifest);
  return pointers;
}

/// Files by identity, since a location may be spelled in several ways.
using Files = std::unordered_map<std::string, std::string>;

void Add(Files& files, const std::string& location) {
  if (!location.empty()) files.emplace(storage::FileIdentity(location), location);
}

/// Files that `before` needs and `after` does not.
struct UnneededFiles {
  Files manifest_lists, manifests, others, data_files;
  int64_t data_bytes = 0;

  void CountInto(Expired& expired) const {
    expired.manifest_lists = int64_t(manifest_lists.size());
    expired.manifests = int64_t(manifests.size());
    expired.data_files = int64_t(data_files.size());
    expired.other_files = int64_t(others.size());
    expired.data_bytes = data_bytes;
  }
};

void AddOthers(Files& files, const TableMetadata& metadata, const std::vector<const Snapshot*>& snapshots) {
  std::unordered_set<SnapshotId> ids;
  const auto offsets_of = [&](const iceberg::Properties& marks) {
    for (const std::string& file : FilesNamedIn(marks)) Add(files, file);
  };
  for (const Snapshot* snapshot : snapshots) {
    ids.insert(snapshot->snapshot_id);
    offsets_of(snapshot->summary);
  }
  for (const auto& file : StatisticsFiles(metadata, [&](SnapshotId id) { return ids.contains(id); })) Add(files, file);
}

/// Removes from `manifests` those that do not exist.
Status DropMissing(storage::Storage& storage, std::map<std::string, ManifestFile>& manifests) {
  for (auto manifest = manifests.begin(); manifest != manifests.end();) {
    INGOT_ASSIGN(const bool exists, storage.Exists(manifest->first));
    manifest = exists ? std::next(manifest) : manifests.erase(manifest);
  }
  return {};
}

/// `interrupted`: an earlier call has deleted some of the files.
Result<UnneededFiles> FindUnneeded(storage::Storage& storage, const TableMetadata& before, const TableMetadata& after,
                                   const ExpireOptions& options, bool interrupted) {
  UnneededFiles unneeded;
  const auto gone = iceberg::SnapshotsNotIn(before, after);
  AddOthers(unneeded.others, before, gone);
  for (const Snapshot* snapshot : gone) Add(unneeded.manifest_lists, snapshot->manifest_list);
  Files kept;
  AddOthers(kept, after, All(after));
  for (const std::string& file : FilesNamedIn(after.properties)) Add(kept, file);
  for (const Snapshot& snapshot : after.snapshots) Add(kept, snapshot.manifest_list);

  INGOT_ASSIGN(const auto needed, ManifestsOf(storage, All(after)));
  INGOT_ASSIGN(auto dropped, ManifestsOf(storage, gone));
  if (interrupted) INGOT_TRY(DropMissing(storage, dropped));
  for (const auto& [location, manifest] : needed) Add(kept, location);
  std::erase_if(dropped, [&](const auto& manifest) {
    return needed.contains(manifest.first) || kept.contains(storage::FileIdentity(manifest.first));
  });
  for (const auto& [location, manifest] : dropped) Add(unneeded.manifests, location);
  for (Files* files : {&unneeded.others, &unneeded.manifest_lists})
    std::erase_if(*files, [&](const auto& file) { return kept.contains(file.first); });
  std::unordered_map<std::string, int64_t> bytes;
  const auto live = [](const ManifestEntry& entry) { return entry.status != EntryStatus::kDeleted; };
  INGOT_TRY(ForEachEntry(storage, before, Pointers(dropped), [&](const ManifestFile&, ManifestEntry& entry) {
    if (!live(entry)) return;
    std::string identity = storage::FileIdentity(entry.file.location);
    bytes.emplace(identity, entry.file.file_bytes);
    unneeded.data_files.emplace(std::move(identity), std::move(entry.file.location));
  }));
  if (options.belongs_to_other_table)
    for (Files* files : {&unneeded.others, &unneeded.manifest_lists, &unneeded.manifests, &unneeded.data_files})
      std::erase_if(*files, [&](const auto& file) { return options.belongs_to_other_table(file.second); });
  if (unneeded.data_files.empty()) return unneeded;
  INGOT_TRY(ForEachEntry(storage, after, Pointers(needed), [&](const ManifestFile&, ManifestEntry& entry) {
    if (live(entry)) unneeded.data_files.erase(storage::FileIdentity(entry.file.location));
  }));
  for (const auto& [identity, location] : unneeded.data_files) unneeded.data_bytes += bytes[identity];
  return unneeded;
}

Status DeleteAll(storage::Storage& storage, const Files& files) {
  std::vector<std::string> locations;
  for (const auto& [identity, location] : files) locations.push_back(location);
  return DeleteFiles(storage, locations);
}

/// Deletes data files first and manifest lists last, so that after a crash the rest can still be found.
Status Delete(storage::Storage& storage, const UnneededFiles& unneeded) {
  INGOT_TRY(DeleteAll(storage, unneeded.data_files));
  INGOT_TRY(FaultPoint("expire.after_data"));
  INGOT_TRY(DeleteAll(storage, unneeded.manifests));
  INGOT_TRY(FaultPoint("expire.after_manifests"));
  INGOT_TRY(DeleteAll(storage, unneeded.manifest_lists));
  return DeleteAll(storage, unneeded.others);
}

}  // namespace

Result<Expired> ExpireSnapshots(const iceberg::TableHome& home, const ExpireOptions& options,
                                const KeepSummaries& keep) {
  INGOT_ASSIGN(const auto table, iceberg::LoadTable(home));
  INGOT_TRY(CheckMayDelete(*table.metadata, home.name.Text()));
  TableMetadata before = *table.metadata, after = before;
  RemoveExpired(after, options, keep);
  Expired expired{.snapshots = int64_t(before.snapshots.size() - after.snapshots.size()),
                  .refs = int64_t(before.refs.size() - after.refs.size())};
  if (expired.snapshots == 0 && expired.refs == 0) return expired;
  if (!options.dry_run) {
    const auto change = [&](TableMetadata& metadata) -> Status {
      before = metadata;
      RemoveExpired(metadata, options, keep);
      after = metadata;
      return {};
    };
    INGOT_TRY(iceberg::CommitMetadata(home, change));
    expired.snapshots = int64_t(before.snapshots.size() - after.snapshots.size());
    expired.refs = int64_t(before.refs.size() - after.refs.size());
    INGOT_TRY(FaultPoint("expire.after_commit"));
  }
  INGOT_ASSIGN(const UnneededFiles unneeded, FindUnneeded(*table.home.storage, before, after, options, false));
  unneeded.CountInto(expired);
  if (!options.dry_run) INGOT_TRY(Delete(*table.home.storage, unneeded));
  return expired;
}

Result<Expired> DeleteUnneeded(storage::Storage& storage, TableMetadata before, const TableMetadata& after,
                               const ExpireOptions& options) {
  std::unordered_set<SnapshotId> missing;  // their manifest lists were deleted last
  for (const Snapshot* snapshot : iceberg::SnapshotsNotIn(before, after)) {
    INGOT_ASSIGN(const bool exists, storage.Exists(snapshot->manifest_list));
    if (!exists) missing.insert(snapshot->snapshot_id);
  }
  before.snapshots.EraseIf([&](const Snapshot& snapshot) { return missing.contains(snapshot.snapshot_id); });
  INGOT_ASSIGN(const UnneededFiles unneeded, FindUnneeded(storage, before, after, options, true));
  Expired expired;
  unneeded.CountInto(expired);
  INGOT_TRY(Delete(storage, unneeded));
  return expired;
}

}  // namespace ingot::maintain
