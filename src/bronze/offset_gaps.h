// Whether what the snapshots of a bronze table say they added is without a gap. Source: docs/exactly-once.md.
#pragma once

#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::bronze {

struct OffsetGaps {
  int64_t ranges = 0;              // that were looked at
  std::vector<std::string> found;  // in words: where a range does not begin at the end of the one before
};

/// Looks at the snapshots of main that are known, oldest first; where an operator moved the offset is no gap, nor is
/// what a snapshot does not say (ranges beyond 32 KiB are left out). Errors: kCorrupt.
Result<OffsetGaps> FindOffsetGaps(const iceberg::TableMetadata& metadata);

}  // namespace ingot::bronze
