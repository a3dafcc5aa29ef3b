// Arrow arrays of any writer as the one Arrow type that a table's column has in memory (ToArrowType). Values are never
// rounded, cut or wrapped: one that does not fit is an error.
#pragma once

#include <arrow/api.h>

#include <memory>

#include "base/result.h"
#include "iceberg/types.h"

namespace ingot::rows {

/// The array without what only says how its values are stored: extension types, dictionaries, run-end encoding. Not
/// within nested types.
Result<std::shared_ptr<arrow::Array>> Decoded(std::shared_ptr<arrow::Array> array);

/// Whether it is a dictionary of that type, with 32-bit indices and no nulls among its values, as readers of Parquet
/// make them.
bool IsDictionaryOf(const arrow::Array& array, const arrow::DataType& values);

/// A decoded array that is not nested as the Arrow type of `to`. Takes integers of any width, half and single floats,
/// decimals of any width and scale, times of any unit, large and view types, bytes as text where they are UTF-8, and
/// nulls. Errors: kCorrupt for other types and for values that do not fit exactly; the message names both types.
Result<std::shared_ptr<arrow::Array>> ConvertValues(const std::shared_ptr<arrow::Array>& array,
                                                    const iceberg::Type& to);

/// A list of any kind (list, large_list, list_view, large_list_view, fixed_size_list, map) with 32-bit offsets.
/// Errors: kCorrupt for other types and for more values than 32 bits count.
Result<std::shared_ptr<arrow::ListArray>> AsList(const std::shared_ptr<arrow::Array>& array);

/// The list with no values but those of its rows, in their order.
Result<std::shared_ptr<arrow::ListArray>> Compacted(const arrow::ListArray& list);

/// A struct whose children are as long as it is and that has no offset.
Result<std::shared_ptr<arrow::StructArray>> WithoutOffset(const std::shared_ptr<arrow::Array>& array);

}  // namespace ingot::rows
