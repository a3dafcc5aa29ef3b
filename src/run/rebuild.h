// Recomputes all rows of a table beside it, in a staging table, and then replaces them in one commit. Readers see the
// old rows until that commit. The staging table has marks of its own, so an interrupted rebuild continues where it was.
// Source: docs/formats/rebuild.md.
#pragma once

#include <string>
#include <vector>

#include "run/plan.h"

namespace ingot::run {

/// Whether a rebuild was interrupted after it replaced the rows of one of the two tables. They must then be rebuilt,
/// by whichever definition: neither has the rows that the other lacks.
bool HalfRebuilt(const TablePlan& silver, const TablePlan& quarantine);

/// Removes what an interrupted rebuild of a table has left.
void DiscardRebuild(const iceberg::Table& target);

/// Recomputes a gold table from its silver table. Errors: kConflict if another writer has changed the columns or the
/// definition of the table meanwhile.
Status RebuildGold(const stage::Environment& environment, const TablePlan& gold, const std::string& change);

/// Recomputes a silver table and its quarantine from bronze. Quarantine is replaced first; until silver is replaced
/// too, it has the old definition, and `ingot apply` continues.
Status RebuildSilver(const stage::Environment& environment, const TablePlan& silver, const TablePlan& quarantine,
                     const std::string& change);

}  // namespace ingot::run
