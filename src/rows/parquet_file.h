// Writes one Parquet data file and returns its manifest entry.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>

#include "iceberg/manifest.h"

namespace ingot::rows {

class ParquetFileWriter {
 public:
  /// Takes compression codec and level from write.parquet.compression-codec and -level (default zstd, 1). Identifier
  /// columns that do not compress are stored uncompressed.
  static Result<std::unique_ptr<ParquetFileWriter>> Open(storage::Storage& storage, std::string location,
                                                         const iceberg::Schema& schema,
                                                         const iceberg::TableMetadata& metadata);
  virtual ~ParquetFileWriter() = default;
  /// Encodes the rows, several columns in parallel, into the open row group, or into a new one.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  /// Writes the open row group. Until then its encoded pages are in memory.
  virtual Status EndRowGroup() = 0;
  /// Size of the open row group in memory: encoded pages, and values of incomplete pages.
  virtual int64_t BytesBuffered() const = 0;
  virtual int64_t BytesWritten() const = 0;
  virtual Result<iceberg::DataFile> Close() = 0;
};

}  // namespace ingot::rows
