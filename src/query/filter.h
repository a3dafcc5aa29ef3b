// Derives a file filter for a table scan from the conditions of a query.
#pragma once

#include <string>
#include <vector>

#include "iceberg/filter.h"

namespace ingot::query {

/// A filter that is true for every row for which at least one of the conditions is true. The conditions are SQL from
/// DuckDB's query plans, on columns of `schema`; "" is always true. Unsupported expressions count as true.
iceberg::Filter FilterOf(const std::vector<std::string>& conditions, const iceberg::Schema& schema);

}  // namespace ingot::query
