// Which rows of a table a query can use, so that its other files are not read.
#pragma once

#include <string>
#include <vector>

#include "iceberg/filter.h"

namespace ingot::query {

/// A filter that holds for every row for which one of the conditions is true. The conditions are DuckDB's, as its plans
/// write them, on columns of `schema`; "" is always true. What is not understood counts as true.
iceberg::Filter FilterOf(const std::vector<std::string>& conditions, const iceberg::Schema& schema);

}  // namespace ingot::query
