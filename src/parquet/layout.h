// The layout of a Parquet file: schema, encodings, codec, page and dictionary sizes.
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

/// The storage type of an extension type; any other type unchanged.
const arrow::DataType& StorageType(const arrow::DataType& type);

struct LayoutOptions {
  std::string codec = "zstd";  // a value of write.parquet.compression-codec
  int64_t level = 1;           // compression level, clamped to the codec's range
  int64_t page_bytes = 1 << 20;
  int64_t dictionary_bytes = 2 << 20;
  int64_t page_rows = 1 << 17;
  std::map<std::string, double> bloom_filters;  // false-positive probability by column
};

struct ParquetLayout {
  std::shared_ptr<arrow::Schema> schema;  // with field ids, UUIDs and variants as Arrow's extension types
  std::shared_ptr<parquet::SchemaDescriptor> descriptor = nullptr;
  std::shared_ptr<parquet::WriterProperties> properties = nullptr;
  bool flat = true;  // no nested columns, variants, decimals or bloom filters
};

/// Chooses the layout of a file. `sample` holds its first rows, which decide whether fixed-size binary columns are
/// compressed. Errors: kBadConfig for an unsupported codec.
Result<ParquetLayout> ChooseLayout(std::shared_ptr<arrow::Schema> schema, const LayoutOptions& options,
                                   const arrow::RecordBatch& sample);

/// Errors: kBadConfig when Ingot does not write this codec.
Status CheckCodec(const std::string& name);

}  // namespace ingot::parquet_format
