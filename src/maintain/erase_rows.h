// Erases rows from the current snapshot: files that store them are rewritten without them. Delete files would leave the
// bytes where they are.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "iceberg/table.h"
#include "maintain/stored_rows.h"

namespace ingot::maintain {

inline constexpr size_t kEraseReasons = 4;  // the values of EraseSearch::rows, 0 included

struct RowsErased {
  std::array<int64_t, kEraseReasons> rows = {};  // rows of the current snapshot, by reason
  int64_t files = 0;                             // data files that stored such rows, also deleted ones
  int64_t delete_files = 0;                      // equality and position delete files that held values
  int64_t bytes = 0;                             // of both
  bool committed = false;

  int64_t Rows() const {
    int64_t count = 0;
    for (const int64_t of_reason : rows) count += of_reason;
    return count;
  }
};

struct EraseRowsOptions {
  EraseSearch search;
  /// Changes the rows that `search` finds instead of removing them; the batch has only these rows.
  std::function<Result<std::shared_ptr<arrow::RecordBatch>>(const std::shared_ptr<arrow::RecordBatch>&)> change = {};
  /// The summary of the snapshot. Default: none.
  std::function<iceberg::Properties(const RowsErased&)> summary = {};
  std::string branch = "main";
  /// Commits a snapshot even if no file stores such rows, so that consumers can proceed to it.
  bool always_commits = false;
  int64_t memory_bytes = int64_t(512) << 20;
  int threads = 2;
  bool dry_run = false;
  std::function<void(int64_t)> progress = [](int64_t) {};  // rows read since the last call
};

/// The new manifests do not list the removed files, because the entries would keep their bounds. Concurrent appends are
/// no conflict; after other changes it starts over, a bounded number of times. Errors: kConflict if each attempt
/// conflicts.
Result<RowsErased> EraseRows(const iceberg::TableHome& home, const EraseRowsOptions& options);

}  // namespace ingot::maintain
