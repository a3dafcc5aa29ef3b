// Finds the files that snapshots need: manifests, data files, delete files and statistics.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table.h"

namespace ingot::maintain {

/// Threads per table for requests to storage.
inline constexpr int kStorageThreads = 8;

/// The manifests of the snapshots, by location, without duplicates.
Result<std::map<std::string, iceberg::ManifestFile>> ManifestsOf(
    storage::Storage& storage, const std::vector<const iceberg::Snapshot*>& snapshots);

/// Calls `entry(manifest, entry)` for each entry of the manifests, never concurrently, in no order. Entries come
/// without metrics.
Status ForEachEntry(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                    const std::vector<const iceberg::ManifestFile*>& manifests,
                    const std::function<void(const iceberg::ManifestFile&, iceberg::ManifestEntry&)>& entry);

/// Locations in properties or a summary: the values of keys "ingot.…-file".
std::vector<std::string> FilesNamedIn(const iceberg::Properties& properties);

/// Locations of a table's statistics files (Puffin) and partition statistics, for the snapshots that `of` accepts.
std::vector<std::string> StatisticsFiles(const iceberg::TableMetadata& metadata,
                                         const std::function<bool(iceberg::SnapshotId)>& of);

/// Deletes the files in parallel; missing files are no error.
Status DeleteFiles(storage::Storage& storage, const std::vector<std::string>& locations);

/// Errors: kBadConfig if the table's files must not be deleted (property gc.enabled=false).
Status CheckMayDelete(const iceberg::TableMetadata& metadata, const std::string& table);

/// Locations of the files that this metadata needs: manifest lists, manifests, live data and delete files of all
/// snapshots, statistics, positions. Spelled as in the metadata; may contain duplicates.
Result<std::vector<std::string>> NeededLocations(storage::Storage& storage, const iceberg::TableMetadata& metadata);

/// The same, by storage::FileIdentity, and the table's metadata files: the current one and those in the metadata log.
Result<std::set<std::string>> NeededFiles(const iceberg::Table& table);

}  // namespace ingot::maintain
