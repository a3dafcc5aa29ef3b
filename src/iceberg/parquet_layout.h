// How a Parquet file of a table is laid out: its schema, and encodings, codecs and sizes by the table's properties.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "iceberg/metadata.h"

namespace parquet {
class SchemaDescriptor;
class WriterProperties;
}  // namespace parquet

namespace ingot::iceberg {

struct ParquetLayout {
  std::shared_ptr<arrow::Schema> schema;  // with field ids, UUIDs and variants as Arrow's extension types
  std::shared_ptr<parquet::SchemaDescriptor> descriptor;
  std::shared_ptr<parquet::WriterProperties> properties;
  bool flat = true;  // no nested columns, variants, decimals or bloom filters
};

/// `sample`: the first rows, which tell whether ids get shorter by compression. Errors: kBadConfig for properties that
/// make no sense.
Result<ParquetLayout> LayOut(const Schema& schema, const TableMetadata& metadata, const arrow::RecordBatch& sample);

/// Errors: kBadConfig for a codec that does not exist.
Status CheckCodec(const TableMetadata& metadata);

}  // namespace ingot::iceberg
