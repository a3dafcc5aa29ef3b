// Small tables built row by row, for metadata and run reports; never for records.
#pragma once

#include <arrow/record_batch.h>

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ingot {

/// Null or a value. Integers of any width and timestamps (microseconds) are int64_t.
using Cell = std::variant<std::monostate, std::string, int64_t, double, bool>;
using CellRow = std::vector<Cell>;

/// Builds a record batch from rows. Column types: string, integers, double, boolean, timestamp in microseconds.
/// Errors: kInternal when a value does not have its column's type.
Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::vector<CellRow>& rows);

}  // namespace ingot
