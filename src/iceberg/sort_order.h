// Parses sort orders as users write them. metadata.h has the sort orders of a table.
#pragma once

#include <string_view>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

/// "location", "timestamp desc", "latency asc nulls last". Errors: kBadInput.
Result<SortColumn> ParseSortColumn(std::string_view text);

}  // namespace ingot::iceberg
