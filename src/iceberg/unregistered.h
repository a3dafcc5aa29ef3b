// Marks tables that were removed from the catalog on purpose, to tell them from tables of a lost catalog. The file
// `<metadata folder>/_unregistered` has one line per table, its UUID. Source: docs/formats/commit.md.
#pragma once

#include <set>
#include <string>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

/// The UUIDs of the unregistered tables whose metadata is in the folder.
Result<std::set<std::string>> UnregisteredIn(storage::Storage& storage, const std::string& metadata_folder);

/// Records that the table was unregistered, or registered again.
Status NoteUnregistered(storage::Storage& storage, const TableMetadata& metadata, bool unregistered);

}  // namespace ingot::iceberg
