// Recomputes the rows of bronze by another definition from what bronze holds: the columns, _extra and _payload.
#pragma once

#include <string>

#include "iceberg/table.h"
#include "pipeline/definition_read.h"
#include "stage/environment.h"

namespace ingot::bronze {

/// Replaces all rows in one commit, while other writers append rows by the definition `before`. Rows that are appended
/// meanwhile are recomputed too. Columns whose field is unchanged keep their values. A changed or new column is
/// computed from the column that had the field's path, from _extra, or from _payload. Values of removed fields go to
/// _extra, and their columns become null. The checkpoint of the source stays.
///
/// If other rows were deleted or rewritten meanwhile, the rebuild starts over. A rebuild that was interrupted by a
/// crash starts from the beginning when it is called again; maintenance removes its files as orphans.
///
/// Input:  `summary`: added to the snapshot.
/// Errors: kConflict if the table no longer has the definition `before`; kRetry if other writers were always faster.
/// Cost:   reads and writes all of bronze. Keeps one batch per thread, and the open files, in memory.
Status Rebuild(const stage::Environment& environment, const iceberg::Table& bronze, const std::string& before,
               const iceberg::Properties& summary);

/// How the rows of bronze were read from their records. Input: `before`: the definition of the table.
Result<pipeline::RecordSpec> RecordsBefore(const iceberg::Table& bronze, const std::string& before);

/// Rows that Rebuild would give an _error although they have none.
struct UnfitRows {
  int64_t rows = 0;
  std::string example;  // the _error of one of them
};

/// Cost: reads all of bronze. Writes nothing.
Result<UnfitRows> CountUnfit(const stage::Environment& environment, const iceberg::Table& bronze,
                             const std::string& before);

}  // namespace ingot::bronze
