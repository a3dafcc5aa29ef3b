// Retention: removes whole data files whose rows are all older than a limit. Only metadata is read.
#pragma once

#include <optional>

#include "iceberg/table.h"

namespace ingot::maintain {

/// Summary key of a snapshot that deleted by retention, so that consumers do not take it for a correction of rows.
inline constexpr const char* kRetentionKey = "ingot.retention-before";

struct PartitionsDropped {
  int64_t files = 0, rows = 0, bytes = 0;  // removed
};

struct RetentionOptions {
  int64_t keep_micros = 0;
  /// Removes nothing if the newest row is older than this, as the clock may be wrong. Absent: the clock is trusted.
  std::optional<int64_t> newest_age_max_micros;
  bool dry_run = false;
};

/// Removes the data files of which every row is older than `keep_micros`, by the first time column in the partition
/// spec. Rows with a null time are kept. Errors: kBadInput if the table has no such partition field; kRetry if the
/// clock is far ahead of the newest row.
Result<PartitionsDropped> DropOldPartitions(const iceberg::TableHome& home, const RetentionOptions& options);

}  // namespace ingot::maintain
