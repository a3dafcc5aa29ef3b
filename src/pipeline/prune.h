// What a condition says of the files that can hold rows for which it is true.
#pragma once

#include "iceberg/filter.h"
#include "pipeline/expression.h"

namespace ingot::pipeline {

/// A filter that holds for every row for which the condition is true; where it cannot tell, for all rows. It looks at
/// comparisons of a column with literals, joined by and and or.
iceberg::Filter FilterOf(const Expression& condition, const ColumnTypes& columns);

}  // namespace ingot::pipeline
