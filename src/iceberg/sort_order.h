// Sort orders as people write them. What a table has, and how it gets another, is in metadata.h.
// Source: Iceberg specification, "Sorting".
#pragma once

#include <string_view>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// "location", "timestamp desc", "latency asc nulls last". Errors: kBadInput.
Result<SortColumn> ParseSortColumn(std::string_view text);

}  // namespace ingot::iceberg
