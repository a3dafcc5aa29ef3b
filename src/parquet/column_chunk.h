// Writes one column chunk of a row group: Arrow arrays are encoded into compressed pages as they arrive, so that memory
// stays close to the size in the file. Flat columns only; writer.h has one for others. Source:
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
  /// Whether ColumnChunk can write this Arrow type.
  static bool Supports(const arrow::DataType& type);
  /// `properties` decide encoding, codec, page and dictionary sizes. `column` and `properties` must outlive the chunk.
  /// A dictionary is dropped when most values are distinct.
  static std::unique_ptr<ColumnChunk> Make(const parquet::ColumnDescriptor& column,
                                           const parquet::WriterProperties& properties, const arrow::DataType& type);
  virtual ~ColumnChunk() = default;

  /// Errors: kBadInput for a null in a required column.
  virtual Status Append(const arrow::Array& values) = 0;
  /// Size of the finished pages and of the values not yet in a page.
  virtual int64_t BytesBuffered() const = 0;
  /// Writes all pages and the column's metadata in `footer`. Returns the uncompressed size of the pages. Afterwards the
  /// chunk is empty and can take the next row group.
  virtual Result<int64_t> Finish(const std::shared_ptr<arrow::io::OutputStream>& to,
                                 parquet::ColumnChunkMetaDataBuilder& footer, int16_t row_group, int16_t column) = 0;
};

}  // namespace ingot::parquet_format
