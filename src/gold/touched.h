// When the touched groups happened: which files of silver can hold their rows.
#pragma once

#include <arrow/record_batch.h>

#include "base/result.h"
#include "iceberg/filter.h"
#include "pipeline/plan.h"

namespace ingot::gold {

/// Rows of silver that belong to these touched groups (columns: pipeline::TouchedGroups), by their times; everything
/// where no group is a date() of a field, or one has no date.
iceberg::Filter SilverFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched);

/// Rows of the gold table that stand for these groups or share a file with them.
iceberg::Filter GoldFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched);

/// All touched groups that a day can have. Errors: kUnsupported for a gold table that is not grouped by the date of a
/// field.
Result<std::shared_ptr<arrow::RecordBatch>> GroupsOfDay(const pipeline::GoldSpec& spec, int32_t day);

}  // namespace ingot::gold
