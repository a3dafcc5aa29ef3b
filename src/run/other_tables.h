// The tables beside the one that is looked at: those of the catalog, and of other catalogs in the same database.
#pragma once

#include <vector>

#include "maintain/shared_folder.h"
#include "stage/stage.h"

namespace ingot::run {

/// Where the other tables are: one may have files in the folder of this one. Of a table that cannot be read it is what
/// its catalog says; a warning tells of it, once.
Result<std::vector<maintain::OtherTable>> OtherTables(const stage::Environment& environment,
                                                      const iceberg::TableName& name);

/// The sequence number from which on other tables of the catalog have yet to consume the snapshots of this one, by the
/// marks that they bear: for a table of a pipeline that is not at hand. Everything is to be kept where none is found.
Result<iceberg::SequenceNumber> KeepForConsumers(const stage::Environment& environment, const iceberg::TableHome& home);

}  // namespace ingot::run
