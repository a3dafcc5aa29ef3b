// One column of a row group while it is written: values come as Arrow arrays and become pages at once, so that little
// more than what will stand in the file is held. Flat columns only; see parquet_body.h for others. Source:
// apache/parquet-format, README.md "Data Pages", Encodings.md.
#pragma once

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <parquet/types.h>

#include <memory>

#include "base/result.h"

namespace parquet {
class ColumnChunkMetaDataBuilder;
class ColumnDescriptor;
class WriterProperties;
}  // namespace parquet

namespace ingot::parquet_format {

class ColumnChunk {
 public:
  /// Whether values of this Arrow type can be written here.
  static bool Supports(const arrow::DataType& type);
  /// Encoding, codec, page and dictionary sizes as the properties say for the column; both must outlive the chunk. A
  /// dictionary in which most values stand once is given up for plain values.
  static std::unique_ptr<ColumnChunk> Make(const parquet::ColumnDescriptor& column,
                                           const parquet::WriterProperties& properties, const arrow::DataType& type);
  virtual ~ColumnChunk() = default;

  /// Errors: kBadInput for a null in a required column.
  virtual Status Append(const arrow::Array& values) = 0;
  /// Pages, and the values that are in none yet.
  virtual int64_t BytesHeld() const = 0;
  /// Writes all pages and what the footer says of them; returns their bytes without compression. Then the chunk is
  /// empty and takes the next row group.
  virtual Result<int64_t> Finish(const std::shared_ptr<arrow::io::OutputStream>& to,
                                 parquet::ColumnChunkMetaDataBuilder& footer, int16_t row_group, int16_t column) = 0;
};

}  // namespace ingot::parquet_format
