// Marks tables that were removed from the catalog on purpose, to distinguish them from tables of a lost catalog. The
// file
// `<metadata folder>/_unregistered` has one line per table, its UUID. Source: docs/formats/commit.md.
#pragma once

#include <set>
#include <string>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

/// The UUIDs of the unregistered tables whose metadata is in the folder.
Result<std::set<std::string>> UnregisteredIn(storage::Storage& storage, const std::string& metadata_folder);

/// Adds the table to the file of its metadata folder.
Status MarkUnregistered(storage::Storage& storage, const TableMetadata& metadata);
/// Removes the table from the file, after it was registered again.
Status MarkRegistered(storage::Storage& storage, const TableMetadata& metadata);

}  // namespace ingot::iceberg
