// Finds the groups whose rows differ between two states of silver, from the files that differ. Rows that were only
// moved to other files, or changed in columns that gold does not read, touch no group.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <vector>

#include "iceberg/table.h"
#include "pipeline/pipeline.h"
#include "stage/changes.h"

namespace ingot::gold {

struct ChangedGroups {
  std::shared_ptr<arrow::RecordBatch> groups;  // columns: pipeline::TouchedGroups; nullptr if no group has changed
  std::vector<int64_t> rows;                   // rows of each group that were read
};

/// Input: the plans have the columns pipeline::GoldInputColumns.
/// Cost:  the touched columns and 40 bytes of each group that the files hold.
Result<ChangedGroups> FindChangedGroups(const iceberg::Table& silver, const stage::Difference& difference,
                                        const pipeline::GoldSpec& spec, int threads);

}  // namespace ingot::gold
