// Avro values as Arrow columns. Source: Iceberg specification, Appendix A "Avro"; Apache Avro 1.11, "Logical Types".
#pragma once

#include <arrow/api.h>

#include <memory>

#include "avro/avro.h"

namespace ingot::avro {

/// The Arrow type of the schema's values, nested fields with their ids. Errors: kUnsupported for unions of several
/// types and for types within themselves.
Result<std::shared_ptr<arrow::DataType>> ArrowTypeOf(const AvroSchema& schema);

/// `field` with the id where readers of Parquet files have it, none when it is negative.
std::shared_ptr<arrow::Field> FieldWithId(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                          int id);

/// Reads one value and appends it to a builder of the schema's Arrow type.
arrow::Status AppendAvroValue(const AvroSchema& schema, AvroReader& in, arrow::ArrayBuilder& to);

}  // namespace ingot::avro
