// Converts Iceberg schemas to Arrow schemas with field ids, and single values from and to Arrow arrays.
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>

#include "iceberg/types.h"
#include "iceberg/value.h"

namespace ingot::rows {

/// The Arrow type of a column in memory; uuid is fixed_size_binary(16), variant is JSON text or a struct
/// (Type::stored).
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type);

/// The Arrow schema; fields have the metadata "PARQUET:field_id". A uuid also has the name of Arrow's canonical
/// extension type, so that SQL engines recognize it.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema);

/// The field id in the field's metadata, -1 if there is none.
iceberg::FieldId FieldIdOf(const arrow::Field& field);

/// An array that repeats the value `length` times.
Result<std::shared_ptr<arrow::Array>> RepeatValue(const iceberg::Value& value, const iceberg::Type& type,
                                                  int64_t length);

/// One value of a primitive column.
iceberg::Value CellValue(const arrow::Array& array, int64_t row, const iceberg::Type& type);

}  // namespace ingot::rows
