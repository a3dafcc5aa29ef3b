// Converts Arrow arrays from data files of any writer to the one Arrow type that represents the table's column in
// memory (ToArrowType). Values are never rounded, truncated or wrapped: a value that does not fit is an error.
#pragma once

#include <arrow/api.h>

#include <memory>

#include "base/result.h"
#include "iceberg/types.h"

namespace ingot::rows {

/// The array without encodings: extension types, dictionaries and run-end encoding are resolved, except in nested
/// types.
Result<std::shared_ptr<arrow::Array>> Decoded(std::shared_ptr<arrow::Array> array);

/// Whether it is a dictionary with values of that type, 32-bit indices and no null values, as Parquet readers produce.
bool IsDictionaryOf(const arrow::Array& array, const arrow::DataType& values);

/// Converts a decoded array that is not nested to the Arrow type of `to`. Accepts integers of any width, half and
/// single floats, decimals of any width and scale, times of any unit, large and view types, bytes as text if they are
/// UTF-8, and nulls. Errors: kCorrupt for other types and for values that do not fit exactly; the message names both
/// types.
Result<std::shared_ptr<arrow::Array>> ConvertValues(const std::shared_ptr<arrow::Array>& array,
                                                    const iceberg::Type& to);

/// Converts a list of any kind (list, large_list, list_view, large_list_view, fixed_size_list, map) to one with 32-bit
/// offsets. Errors: kCorrupt for other types, and for more than 2^31 - 1 values.
Result<std::shared_ptr<arrow::ListArray>> AsList(const std::shared_ptr<arrow::Array>& array);

/// The list without values that no row refers to.
Result<std::shared_ptr<arrow::ListArray>> WithoutUnusedValues(const arrow::ListArray& list);

/// The struct array without an offset; its children have its length.
Result<std::shared_ptr<arrow::StructArray>> WithoutOffset(const std::shared_ptr<arrow::Array>& array);

}  // namespace ingot::rows
