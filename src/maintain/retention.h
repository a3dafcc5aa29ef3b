// Retention: whole files of the past are taken out of a table by their metadata alone.
#pragma once

#include <optional>

#include "iceberg/table.h"

namespace ingot::maintain {

/// What was deleted in a snapshot had reached its age: no row was corrected.
inline constexpr const char* kRetentionKey = "ingot.retention-before";

struct Retained {
  int64_t files = 0, rows = 0, bytes = 0;  // that went
};

struct RetentionOptions {
  int64_t keep_micros = 0;
  /// Nothing is removed when the newest row is older: then it is the clock that may be wrong. Absent: it is trusted.
  std::optional<int64_t> newest_age_max_micros;
  bool dry_run = false;
};

/// Removes the data files of which every row is older than that, by the first column that the table is partitioned by
/// time with. Rows without a time stay. Errors: kBadInput for a table without such a partition; kRetry for a clock that
/// is far ahead of the newest row.
Result<Retained> DropOldPartitions(const iceberg::TableHome& home, const RetentionOptions& options);

}  // namespace ingot::maintain
