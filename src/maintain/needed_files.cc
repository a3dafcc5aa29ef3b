#include "maintain/needed_files.h"

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/parallel.h"
#include "storage/location.h"

namespace ingot::maintain {

using iceberg::ManifestEntry;
using iceberg::ManifestFile;
using iceberg::Snapshot;

Result<std::map<std::string, ManifestFile>> ManifestsOf(storage::Storage& storage,
                                                        const std::vector<const Snapshot*>& snapshots) {
  std::map<std::string, ManifestFile> manifests;
  std::mutex mutex;
  INGOT_TRY(ForEachInParallel(kStorageThreads, snapshots.size(), [&](size_t, size_t i) -> Status {
    INGOT_ASSIGN(auto list, iceberg::ReadManifestList(storage, *snapshots[i]));
    std::lock_guard lock(mutex);
    for (ManifestFile& manifest : list) {
      std::string location = manifest.location;
      manifests.try_emplace(std::move(location), std::move(manifest));
    }
    return {};
  }));
  return manifests;
}

Status ForEachEntry(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                    const std::vector<const ManifestFile*>& manifests,
                    const std::function<void(const ManifestFile&, ManifestEntry&)>& entry) {
  static const std::vector<iceberg::FieldId> kNoMetrics;
  std::mutex mutex;
  return ForEachInParallel(kStorageThreads, manifests.size(), [&](size_t, size_t i) -> Status {
    INGOT_ASSIGN(auto entries, iceberg::ReadManifest(storage, *manifests[i], metadata, &kNoMetrics));
    std::lock_guard lock(mutex);
    for (ManifestEntry& one : entries) entry(*manifests[i], one);
    return {};
  });
}

std::vector<std::string> StatisticsFiles(const iceberg::TableMetadata& metadata,
                                         const std::function<bool(iceberg::SnapshotId)>& of) {
  std::vector<std::string> files;
  const auto other = nlohmann::json::parse(metadata.other, nullptr, false);
  if (!other.is_object()) return files;
  for (const char* list : {"statistics", "partition-statistics"})
    for (const auto& entry : other.value(list, nlohmann::json::array()))
      if (entry.is_object() && of(entry.value("snapshot-id", iceberg::SnapshotId(0))))
        files.push_back(entry.value("statistics-path", ""));
  std::erase(files, "");
  return files;
}

std::vector<std::string> FilesNamedIn(const iceberg::Properties& properties) {
  std::vector<std::string> files;
  for (const auto& [key, value] : properties)
    if (key.starts_with("ingot.") && key.ends_with("-file")) files.push_back(value);
  return files;
}

Status DeleteFiles(storage::Storage& storage, const std::vector<std::string>& locations) {
  return ForEachInParallel(kStorageThreads, locations.size(),
                           [&](size_t, size_t i) { return storage.Delete(locations[i]); });
}

Status CheckMayDelete(const iceberg::TableMetadata& metadata, const std::string& table) {
  if (metadata.PropertyBool("gc.enabled", true)) return {};
  return Fail(ErrorKind::kBadConfig, "table " + table +
                                         " has the property gc.enabled=false: other tables may need its files, "
                                         "so none is deleted");
}

Result<std::vector<std::string>> NeededLocations(storage::Storage& storage, const iceberg::TableMetadata& metadata) {
  std::vector<std::string> needed = StatisticsFiles(metadata, [](iceberg::SnapshotId) { return true; });
  const auto need_offsets = [&](const iceberg::Properties& marks) {
    for (std::string& file : FilesNamedIn(marks)) needed.push_back(std::move(file));
  };
  need_offsets(metadata.properties);
  std::vector<const Snapshot*> snapshots;
  for (const Snapshot& snapshot : metadata.snapshots) {
    snapshots.push_back(&snapshot);
    if (!snapshot.manifest_list.empty()) needed.push_back(snapshot.manifest_list);
    need_offsets(snapshot.summary);
  }
  INGOT_ASSIGN(const auto manifests, ManifestsOf(storage, snapshots));
  std::vector<const ManifestFile*> all;
  for (const auto& [location, manifest] : manifests) {
    needed.push_back(location);
    all.push_back(&manifest);
  }
  INGOT_TRY(ForEachEntry(storage, metadata, all, [&](const ManifestFile&, ManifestEntry& entry) {
    if (entry.status != iceberg::EntryStatus::kDeleted) needed.push_back(std::move(entry.file.location));
  }));
  return needed;
}

Result<std::set<std::string>> NeededFiles(const iceberg::Table& table) {
  INGOT_ASSIGN(const auto locations, NeededLocations(*table.home.storage, *table.metadata));
  std::set<std::string> needed{storage::FileIdentity(table.metadata_location)};
  for (const std::string& location : locations) needed.insert(storage::FileIdentity(location));
  for (const auto& entry : table.metadata->metadata_log) needed.insert(storage::FileIdentity(entry.metadata_file));
  return needed;
}

}  // namespace ingot::maintain
