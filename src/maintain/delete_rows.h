// Deletes the rows that match a condition, with delete files where only some rows of a data file match.
#pragma once

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

struct DeleteRowsOptions {
  std::vector<std::string> columns;  // read by the condition
  iceberg::Filter filter;            // prunes files; must match every row that the condition matches
  bool filter_is_condition = false;  // files in which every row matches the filter are removed without reading them
  /// Evaluates the condition on a batch of these columns. Returns a boolean array; null counts as false.
  std::function<Result<std::shared_ptr<arrow::Array>>(const std::shared_ptr<arrow::RecordBatch>&)> matches;
  /// Called with the change before the commit; then a commit is made even if no row matches.
  std::function<void(iceberg::SnapshotChange&)> amend = {};
  std::function<Status(const iceberg::TableMetadata&)> validate =
      {};  // called with each state that the commit is tried on; its error ends the commit
  /// Files of rows that replace the deleted ones in the same commit. They are kept if it fails.
  std::vector<iceberg::DataFile> replacements = {};
  int threads = 2;
  bool dry_run = false;
  std::function<void(int64_t)> progress = [](int64_t) {};  // rows read since the last call
};

struct RowsDeleted {
  int64_t rows = 0;
  int64_t files_removed = 0;       // data files of which all rows were deleted
  int64_t files_with_deletes = 0;  // data files that got a delete file or deletion vector
};

/// The outcome of a condition, as `matches` returns it.
Result<std::shared_ptr<arrow::Array>> ToBooleans(const std::vector<bool>& matches);

/// Deletes the matching rows of this state of the table. Concurrent appends are no conflict.
/// Errors: kConflict after other changes.
Result<RowsDeleted> DeleteRowsOf(const iceberg::Table& table, const DeleteRowsOptions& options);

/// Deletes the matching rows of the state at the call. Concurrent appends are no conflict; after other changes it
/// starts over, a bounded number of times. Errors: kConflict if each attempt conflicts.
Result<RowsDeleted> DeleteRows(const iceberg::TableHome& home, const DeleteRowsOptions& options);

}  // namespace ingot::maintain
