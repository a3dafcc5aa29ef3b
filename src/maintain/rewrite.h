// Rewrites the data files of a bin as new files.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/compact_plan.h"

namespace ingot::maintain {

struct RewriteOptions {
  int64_t file_bytes_target = 512 << 20;
  int64_t buffered_bytes_max = 128 << 20;
  int64_t copied_group_bytes_min = 1 << 20;  // row groups at least this large are copied unchanged
  std::vector<iceberg::SortColumn> sort_by;  // above sorted_bytes_max each part is sorted on its own
  int64_t sorted_bytes_max = 256 << 20;      // size of rows sorted in memory
  std::function<void(int64_t)> progress;
  /// Changes or removes rows before they are written. The batches have the columns of the table. Default: keeps them.
  std::function<Result<std::shared_ptr<arrow::RecordBatch>>(const std::shared_ptr<arrow::RecordBatch>&)> change = {};
};

/// Writes the rows of the bin, without deleted ones, to new files in the table's default partition spec. Deletes its
/// files after an error.
Result<std::vector<iceberg::DataFile>> RewriteBin(const iceberg::Table& table, const iceberg::Schema& projection,
                                                  const Bin& bin, const RewriteOptions& options);

}  // namespace ingot::maintain
