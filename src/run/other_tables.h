// The other tables besides the current one: those of the catalog, and of other catalogs in the same database.
#pragma once

#include <vector>

#include "maintain/shared_folder.h"
#include "stage/stage.h"

namespace ingot::run {

/// Returns the locations of the other tables, which may have files in the folder of this one. For an unreadable table,
/// the location comes from its catalog, and a warning is logged once.
Result<std::vector<maintain::OtherTable>> OtherTables(const stage::Environment& environment,
                                                      const iceberg::TableName& name);

/// Returns the first sequence number of this table's snapshots that other tables of the catalog have yet to consume.
/// It is read from their marks, for a table whose pipeline file is not available. Keeps everything when no consumer is
/// found.
Result<iceberg::SequenceNumber> KeepForConsumers(const stage::Environment& environment, const iceberg::TableHome& home);

}  // namespace ingot::run
