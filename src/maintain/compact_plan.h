// Chooses the files that compaction rewrites and groups them into bins.
#pragma once

#include <string>
#include <vector>

#include "rows/scan.h"

namespace ingot::maintain {

struct CompactPolicy {
  int64_t file_bytes_target = 512 << 20;  // write.target-file-size-bytes
  /// Files are left alone from this share of the target size up to this multiple of it.
  double large_enough = 0.75, too_large = 1.8;
  size_t files_min = 5;  // minimum in one partition
  /// For tables that grow continuously: rewrites a file only together with at least as many other bytes. Each byte is
  /// then rewritten only a few times, however often compaction runs.
  bool tiered = false;
  /// Rewrites files with deletes if at least this share of their rows may be deleted.
  double deleted_share = 0;
  bool everything = false;  // rewrites all files, e.g. to sort them
};

/// Files of one partition that are rewritten together.
struct Bin {
  std::vector<rows::FileTask> tasks;  // oldest first
  int64_t bytes = 0, rows = 0;
};

/// `tasks`: all live data files with their deletes.
std::vector<Bin> PlanBins(const iceberg::TableMetadata& metadata, std::vector<rows::FileTask> tasks,
                          const CompactPolicy& policy);

}  // namespace ingot::maintain
