// Checks that the offset ranges in the snapshots of a bronze table have no gaps. Source: docs/exactly-once.md.
#pragma once

#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::bronze {

struct OffsetGaps {
  int64_t ranges = 0;              // ranges that were checked
  std::vector<std::string> found;  // messages: ranges that do not begin at the end of the previous one
};

/// Checks the known snapshots of main, oldest first. An offset that an operator moved is not a gap. Ranges missing from
/// a snapshot (those beyond 32 KiB are omitted) are not gaps.
/// Errors: kCorrupt.
Result<OffsetGaps> FindOffsetGaps(const iceberg::TableMetadata& metadata);

}  // namespace ingot::bronze
