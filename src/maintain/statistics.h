// Writes the number of distinct values of each column, for query planners of SQL engines: theta sketches in a Puffin
// file.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct StatisticsOptions {
  int threads = 2;       // row groups that are read at a time
  bool dry_run = false;  // returns what would be read
};

struct StatisticsWritten {
  int64_t columns = 0;  // 0 if the table is empty or the current snapshot has such statistics
  int64_t rows = 0;     // rows read
  int64_t bytes = 0;    // size of the file
};

/// Reads the whole table. Counts are exact up to some thousand distinct values,
/// otherwise within a few per cent. Nested columns are skipped.
Result<StatisticsWritten> WriteStatistics(const iceberg::TableHome& home, const StatisticsOptions& options = {});

}  // namespace ingot::maintain
