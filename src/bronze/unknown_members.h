// The members of records that no field takes. Bronze keeps them in _extra.
#pragma once

#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::bronze {

/// Returns the first of `members` (top-level keys) that _extra of some row has. Empty if no row has one. A row that
/// cannot be searched counts as one that has it.
/// Cost: reads _extra of the files in which it is not null everywhere.
Result<std::string> FindUnknownMember(const iceberg::Table& bronze, const std::vector<std::string>& members, int threads);

}  // namespace ingot::bronze
