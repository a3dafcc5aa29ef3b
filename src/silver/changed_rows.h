// The rows of bronze that silver has consumed and that another engine deleted or changed since, by their positions in
// the source. Only files that differ are read.
#pragma once

#include <memory>

#include "silver/positions.h"
#include "stage/changes.h"
#include "stage/stage.h"

namespace ingot::silver {

struct ChangedRows {
  SourcePositions consumed;  // all rows before in the files that differ
  SourcePositions gone;      // those of them that do not exist any more as they were consumed
  SourcePositions changed;   // those of `gone` that exist with other values
  int64_t deleted_rows = 0, changed_rows = 0;
};

/// Input:  `changes` of bronze that rewrote rows.
/// Errors: kUnsupported when the rows of the files that differ exceed the memory budget, and when rows without a
///         position were deleted or changed: silver cannot find them.
/// Cost:   memory of 24 bytes for each row of the earlier files.
Result<std::unique_ptr<ChangedRows>> FindChangedRows(const stage::Environment& environment,
                                                     const iceberg::Table& bronze, const stage::Changes& changes);

/// The number of rows that silver has consumed and bronze does not have any more.
/// Input: `new_rows`: those of the changes.
Result<int64_t> CountDeletedRows(const stage::Environment& environment, const iceberg::Table& bronze,
                                 const stage::Changes& changes, int64_t new_rows);

}  // namespace ingot::silver
