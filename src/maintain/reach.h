// What snapshots need of storage: the manifests behind their lists, and the files behind those.
// Source: Iceberg specification, "Snapshots", "Manifests".
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table.h"

namespace ingot::maintain {

/// Threads that wait for storage.
inline constexpr int kAtOnce = 8;

/// The manifests of the snapshots by location, each once.
Result<std::map<std::string, iceberg::ManifestFile>> ManifestsOf(
    storage::Storage& storage, const std::vector<const iceberg::Snapshot*>& snapshots);

/// Calls `file(manifest, entry)` for each entry of the manifests, one call at a time, in no order. Entries come without
/// metrics.
Status ForEachEntry(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                    const std::vector<const iceberg::ManifestFile*>& manifests,
                    const std::function<void(const iceberg::ManifestFile&, iceberg::ManifestEntry&)>& entry);

/// The files that properties or a summary name: the values of keys "ingot.…-file" are locations.
std::vector<std::string> FilesNamedIn(const iceberg::Properties& properties);

/// Of a table's statistics (Puffin) and partition statistics: their locations, of one snapshot or of all.
std::vector<std::string> StatisticsFiles(const iceberg::TableMetadata& metadata,
                                         const std::function<bool(iceberg::SnapshotId)>& of);

/// Deletes the files, several at a time; one that is gone already is no error.
Status DeleteFiles(storage::Storage& storage, const std::vector<std::string>& locations);

/// Errors: kBadConfig for a table whose files are not its own to delete (property gc.enabled).
Status CheckMayDelete(const iceberg::TableMetadata& metadata, const std::string& table);

/// The files without which a version of a table cannot be read: manifest lists, manifests, live data and delete files
/// of all snapshots, statistics, positions. As they are spelled there; a file may come more than once.
Result<std::vector<std::string>> NeededLocations(storage::Storage& storage, const iceberg::TableMetadata& metadata);

/// By storage::FileIdentity: those files, the metadata file itself and the versions in its log.
Result<std::set<std::string>> NeededFiles(const iceberg::Table& table);

}  // namespace ingot::maintain
