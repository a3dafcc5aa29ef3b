// Which files of a table are worth writing anew, and together.
#pragma once

#include <string>
#include <vector>

#include "rows/scan.h"

namespace ingot::maintain {

struct CompactPolicy {
  int64_t file_bytes_target = 512 << 20;  // write.target-file-size-bytes
  /// Files of at least this share of the target, and at most this multiple, are left as they are.
  double large_enough = 0.75, too_large = 1.8;
  size_t files_min = 5;  // in one partition; fewer are not worth it
  /// For tables that grow all the time: a file is written anew only together with at least as many bytes as its own,
  /// so that each byte is written again a few times in its life, however often this runs.
  bool tiered = false;
  /// Files with deletes are written anew when at least this share of their rows may be deleted.
  double deleted_share = 0;
  bool everything = false;  // e.g. to sort
};

/// Files of one partition that become one, or a few.
struct Bin {
  std::vector<rows::FileTask> tasks;  // oldest first
  int64_t bytes = 0, rows = 0;
};

/// `tasks` are all live files with their deletes.
std::vector<Bin> PlanBins(const iceberg::TableMetadata& metadata, std::vector<rows::FileTask> tasks,
                          const CompactPolicy& policy);

}  // namespace ingot::maintain
