// What snapshots need of storage: the manifests behind their lists, and the files behind those.
// Source: Iceberg specification, "Snapshots", "Manifests".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/manifest.h"

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

/// Of a table's statistics (Puffin) and partition statistics: their locations, of one snapshot or of all.
std::vector<std::string> StatisticsFiles(const iceberg::TableMetadata& metadata,
                                         const std::function<bool(iceberg::SnapshotId)>& of);

/// Deletes the files, several at a time; one that is gone already is no error.
Status DeleteFiles(storage::Storage& storage, const std::vector<std::string>& locations);

/// Errors: kBadConfig for a table whose files are not its own to delete (property gc.enabled).
Status CheckMayDelete(const iceberg::TableMetadata& metadata, const std::string& table);

/// The location as it compares: file:/x, file:///x and /x are one, and so are s3, s3a and s3n.
std::string Comparable(std::string_view location);

}  // namespace ingot::maintain
