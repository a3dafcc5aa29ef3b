// Retention: whole files of the past are taken out of a table by their metadata alone.
#pragma once

#include "iceberg/table.h"

namespace ingot::maintain {

struct Retained {
  int64_t files = 0, rows = 0, bytes = 0;  // that went
};

/// Removes the data files of which every row is older than `keep_micros`, by the first column that the table is
/// partitioned by time with. Rows without a time stay. Errors: kBadInput for a table without such a partition.
Result<Retained> DropOldPartitions(const iceberg::TableHome& home, int64_t keep_micros, bool dry_run);

}  // namespace ingot::maintain
