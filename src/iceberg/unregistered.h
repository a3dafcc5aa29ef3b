// Tables that were taken out of the catalog on purpose, told from those of a lost catalog by a note beside their
// metadata: `<metadata folder>/_unregistered`, a line with the table's uuid for each. Source: docs/formats/commit.md.
#pragma once

#include <set>
#include <string>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

/// The uuids of such tables that have their metadata in the folder.
Result<std::set<std::string>> UnregisteredIn(storage::Storage& storage, const std::string& metadata_folder);

/// Notes that the table was taken out of the catalog, or entered again.
Status NoteUnregistered(storage::Storage& storage, const TableMetadata& metadata, bool unregistered);

}  // namespace ingot::iceberg
