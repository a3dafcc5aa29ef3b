// The members of records that no field takes. Bronze keeps them in _extra.
#pragma once

#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::bronze {

/// Returns the first of `members` (top-level keys) that _extra of some row has, or the record of a row that did not
/// fit. Empty if no row has one. A row that cannot be searched counts as one that has it. Cost: reads _extra, _error
/// and _payload of the files in which they are not null everywhere.
Result<std::string> FindUnknownMember(const iceberg::Table& bronze, const std::vector<std::string>& members,
                                      int threads);

/// Whether the _error of some row begins with this text.
/// Cost: reads _error of the files in which it is not null everywhere.
Result<bool> HasError(const iceberg::Table& bronze, const std::string& begin, int threads);

}  // namespace ingot::bronze
