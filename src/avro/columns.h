// Converts Avro values to Arrow columns. Source: Iceberg specification, Appendix A "Avro"; Apache Avro 1.11, "Logical
// Types".
#pragma once

#include <arrow/api.h>

#include <memory>

#include "avro/avro.h"

namespace ingot::avro {

/// The Arrow type of the schema's values; nested fields carry their field ids. Errors: kUnsupported for unions of
/// several non-null types and for recursive types.
Result<std::shared_ptr<arrow::DataType>> ArrowTypeOf(const AvroSchema& schema);

/// An Arrow field with its id in the metadata key PARQUET:field_id, as Arrow's Parquet reader sets it. A negative id is
/// left out.
std::shared_ptr<arrow::Field> FieldWithId(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                          int id);

/// Reads one value and appends it to a builder of the schema's Arrow type.
arrow::Status AppendAvroValue(const AvroSchema& schema, AvroReader& in, arrow::ArrayBuilder& to);

}  // namespace ingot::avro
