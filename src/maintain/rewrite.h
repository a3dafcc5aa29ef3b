// Reading the rows of a few files and writing them as new ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/compact_plan.h"

namespace ingot::maintain {

struct RewriteOptions {
  int64_t file_bytes_target = 512 << 20;
  int64_t buffered_bytes_max = 128 << 20;
  int64_t copied_group_bytes_min = 1 << 20;  // row groups that are as large are copied as they are
  std::vector<iceberg::SortColumn> sort_by;  // what exceeds sorted_bytes_max is sorted piece by piece
  int64_t sorted_bytes_max = 256 << 20;      // of rows in memory
  std::function<void(int64_t)> progress;
};

/// New files with the rows of the bin that no delete applies to, in the table's default partition. Nothing is left
/// behind after an error.
Result<std::vector<iceberg::DataFile>> RewriteBin(const iceberg::Table& table, const iceberg::Schema& projection,
                                                  const Bin& bin, const RewriteOptions& options);

}  // namespace ingot::maintain
