// Iceberg schemas as Arrow schemas, with field ids, and values as cells of Arrow arrays.
// Source: Iceberg specification, Appendix A "Parquet".
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>

#include "iceberg/types.h"
#include "iceberg/value.h"

namespace ingot::rows {

/// The Arrow type that holds a column in memory; uuid is fixed_size_binary(16). Errors: kUnsupported for variant.
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const iceberg::Type& type);

/// Fields carry "PARQUET:field_id"; a uuid also the name of Arrow's canonical extension type, so that SQL engines know
/// it.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const iceberg::Schema& schema);

/// The field id in the field's metadata, -1 when there is none.
iceberg::FieldId FieldIdOf(const arrow::Field& field);

/// `length` times the value.
Result<std::shared_ptr<arrow::Array>> RepeatValue(const iceberg::Value& value, const iceberg::Type& type,
                                                  int64_t length);

/// One cell of a primitive column.
iceberg::Value CellValue(const arrow::Array& array, int64_t row, const iceberg::Type& type);

}  // namespace ingot::rows
