// Converts a condition to a filter that prunes files without matching rows.
#pragma once

#include "iceberg/filter.h"
#include "pipeline/expression.h"

namespace ingot::pipeline {

/// Output: a filter that is true for every row for which the condition is true. Comparisons of a column with literals
///         and null checks, joined by `and` and `or`, are converted. Other conditions give a filter for all rows.
iceberg::Filter FilterOf(const Expression& condition, const ColumnTypes& columns);

}  // namespace ingot::pipeline
