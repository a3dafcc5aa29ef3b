// How a Parquet file is laid out: its schema, encodings, codecs and sizes.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace parquet {
class SchemaDescriptor;
class WriterProperties;
}  // namespace parquet

namespace ingot::parquet_format {

/// The type that holds the values: of an extension type the one behind it.
const arrow::DataType& StorageType(const arrow::DataType& type);

struct LayoutOptions {
  std::string codec = "zstd";  // as write.parquet.compression-codec names it
  int64_t level = 1;           // brought to the range of the codec
  int64_t page_bytes = 1 << 20;
  int64_t dictionary_bytes = 2 << 20;
  int64_t page_rows = 1 << 17;
  std::map<std::string, double> bloom_filters;  // the columns that get one, and its share of false positives
};

struct ParquetLayout {
  std::shared_ptr<arrow::Schema> schema;  // with field ids, UUIDs and variants as Arrow's extension types
  std::shared_ptr<parquet::SchemaDescriptor> descriptor = nullptr;
  std::shared_ptr<parquet::WriterProperties> properties = nullptr;
  bool flat = true;  // no nested columns, variants, decimals or bloom filters
};

/// `sample`: the first rows, which show whether columns of a fixed width get shorter by compression. Errors:
/// kBadConfig for a codec that is not written.
Result<ParquetLayout> LayOut(std::shared_ptr<arrow::Schema> schema, const LayoutOptions& options,
                             const arrow::RecordBatch& sample);

/// Errors: kBadConfig for a codec that is not written.
Status CheckCodec(const std::string& name);

}  // namespace ingot::parquet_format
