// Small tables made row by row: what a program says about itself, never records.
#pragma once

#include <arrow/record_batch.h>

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ingot {

/// Null, or a value: numbers of any width and times (microseconds) as int64_t.
using Cell = std::variant<std::monostate, std::string, int64_t, double, bool>;
using CellRow = std::vector<Cell>;

/// The rows as columns of the schema: strings, integers, doubles, booleans and microsecond timestamps.
/// Errors: kInternal for a cell that is not of its column's type.
Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::vector<CellRow>& rows);

}  // namespace ingot
