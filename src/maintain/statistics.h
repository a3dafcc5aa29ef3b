// How many distinct values each column has, for the planners of SQL engines: theta sketches in a Puffin file.
// Source: Puffin specification, blob type "apache-datasketches-theta-v1"; Iceberg specification, "Table Statistics".
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct StatisticsWritten {
  int64_t columns = 0;  // 0 when the current snapshot has such statistics already, or the table no rows
  int64_t rows = 0;     // that were looked at
  int64_t bytes = 0;    // of the file
};

/// Reads the whole table, `threads` row groups at a time. Counts are exact up to some thousand distinct values, else
/// within a few per cent. Columns of structs, lists and maps are left out. With `dry_run`, what there would be to read.
Result<StatisticsWritten> WriteStatistics(const iceberg::TableHome& home, int threads, bool dry_run);

}  // namespace ingot::maintain
