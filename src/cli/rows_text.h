// Result rows as text, for people and for programs.
#pragma once

#include <arrow/record_batch.h>

#include <string>

#include "base/result.h"

namespace ingot::cli {

/// Returns one cell for people: times in RFC 3339, uuids in their canonical form, lists in brackets. Null is "".
std::string CellText(const arrow::Array& array, int64_t row, const arrow::Field& field);
std::string CellJson(const arrow::Array& array, int64_t row, const arrow::Field& field);

/// Prints all rows to standard output. `format`: table (columns aligned, two passes over at most 10,000 rows), json
/// (one object per line), csv (RFC 4180).
Status PrintRows(arrow::RecordBatchReader& rows, const std::string& format);

}  // namespace ingot::cli
