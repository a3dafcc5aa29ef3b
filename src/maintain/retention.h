// Retention: removes whole data files whose rows are all older than a limit. Only metadata is read.
#pragma once

#include <optional>
#include <string>

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

/// The rows that retention removed from the table: those with a time before this.
struct RemovedRows {
  std::string column;  // of type timestamptz
  int64_t before_micros = 0;
};

/// What retention has removed so far, by the newest such snapshot.
std::optional<RemovedRows> RemovedByRetention(const iceberg::TableMetadata& metadata);

}  // namespace ingot::maintain
