// Iceberg schemas as Arrow schemas, with field ids, and arrays of a file reshaped to a table's schema.
// Source: Iceberg specification, Appendix A "Parquet", "Column Projection", "Schema Evolution".
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>

#include "iceberg/types.h"
#include "iceberg/value.h"

namespace ingot::iceberg {

/// The Arrow type that holds a column in memory; uuid is fixed_size_binary(16). Errors: kUnsupported for variant.
Result<std::shared_ptr<arrow::DataType>> ToArrowType(const Type& type);

/// Fields carry "PARQUET:field_id"; a uuid also the name of Arrow's canonical extension type, so that SQL engines know
/// it.
Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const Schema& schema);

/// The field id in the field's metadata, -1 when there is none.
FieldId FieldIdOf(const arrow::Field& field);

/// Puts field ids on a file's columns that have none, from the table's "schema.name-mapping.default" (JSON), or, where
/// `mapping_json` is empty, by position as the reference implementation does.
Result<std::shared_ptr<arrow::Schema>> AssignFieldIds(const arrow::Schema& file_schema,
                                                      const std::string& mapping_json);
bool HasFieldIds(const arrow::Schema& file_schema);

/// `array`, read from a file whose field is `from`, as the column `to`: nested fields by id, missing ones null,
/// narrower types widened, dictionaries of text left as they are. Errors: kCorrupt where the types do not fit.
Result<std::shared_ptr<arrow::Array>> ProjectArray(const std::shared_ptr<arrow::Array>& array, const arrow::Field& from,
                                                   const Field& to);

/// The schema with the types of those columns that are dictionaries of text.
std::shared_ptr<arrow::Schema> WithTypesOf(const arrow::ArrayVector& columns, const arrow::Schema& schema);

/// A column that a file does not have: the constant of its partition where there is one, else its initial default, else
/// null. Errors: kCorrupt for a required column without either.
Result<std::shared_ptr<arrow::Array>> MissingColumn(const Field& field, const Value& constant, int64_t length);

/// `length` times the value.
Result<std::shared_ptr<arrow::Array>> RepeatValue(const Value& value, const Type& type, int64_t length);

/// One cell of a primitive column.
Value CellValue(const arrow::Array& array, int64_t row, const Type& type);

}  // namespace ingot::iceberg
