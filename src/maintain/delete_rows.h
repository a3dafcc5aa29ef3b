// Deleting the rows that match a condition, without writing the files anew in which only some do.
// Source: Iceberg specification, "Row-level Deletes", "Snapshots" (operation delete).
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
  std::vector<std::string> columns;  // that the condition reads
  iceberg::Filter filter;            // prunes files; rows that do not match it must not match the condition
  /// For each row of a batch of these columns whether it goes: a boolean array, null for "not".
  std::function<Result<std::shared_ptr<arrow::Array>>(const std::shared_ptr<arrow::RecordBatch>&)> matches;
  /// Of the change before it is committed; then there is a commit even when no row matches.
  std::function<void(iceberg::SnapshotChange&)> amend = {};
  std::function<Status(const iceberg::TableMetadata&)> validate = {};  // of each state; its error ends it
  int threads = 2;
  bool dry_run = false;
  std::function<void(int64_t)> progress = [](int64_t) {};  // rows read since it was called last
};

struct RowsDeleted {
  int64_t rows = 0;
  int64_t files_removed = 0;       // all of whose rows went
  int64_t files_with_deletes = 0;  // that got a delete file or a deletion vector
};

/// Deletes the rows that are there when it begins. Beside appends it is no conflict; when others change the same table
/// otherwise it begins again, a bounded number of times. Errors: kConflict when they do so each time.
Result<RowsDeleted> DeleteRows(const iceberg::TableHome& home, const DeleteRowsOptions& options);

}  // namespace ingot::maintain
