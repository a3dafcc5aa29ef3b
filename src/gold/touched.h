// The times of the touched groups, which select the silver files that can hold their rows.
#pragma once

#include <arrow/record_batch.h>

#include "base/result.h"
#include "iceberg/filter.h"
#include "pipeline/plan.h"

namespace ingot::gold {

/// Selects the rows of silver that belong to these touched groups by time (columns: pipeline::TouchedGroups). Selects
/// everything when no group is a date() of a field, or when one has no date.
iceberg::Filter SilverFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched);

/// Selects the rows of the gold table for these groups, and rows that share a file with them.
iceberg::Filter GoldFilter(const pipeline::GoldSpec& spec, const arrow::RecordBatch& touched);

/// The field by whose date the table is grouped. Empty for a table whose groups may hold rows of several days.
std::string DayFieldOf(const pipeline::GoldSpec& spec);

/// Returns all touched groups that a day can have. Errors: kUnsupported for a gold table that is not grouped by the
/// date of a field.
Result<std::shared_ptr<arrow::RecordBatch>> GroupsOfDay(const pipeline::GoldSpec& spec, int32_t day);

}  // namespace ingot::gold
