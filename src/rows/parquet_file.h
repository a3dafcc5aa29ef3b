// One Parquet data file being written: row groups in, the manifest's DataFile out.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>

#include "iceberg/manifest.h"

namespace ingot::rows {

class ParquetFileWriter {
 public:
  /// Compression and level from write.parquet.compression-codec and -level (default zstd, 1); ids that do not get
  /// shorter are left as they are.
  static Result<std::unique_ptr<ParquetFileWriter>> Open(storage::Storage& storage, std::string location,
                                                         const iceberg::Schema& schema,
                                                         const iceberg::TableMetadata& metadata);
  virtual ~ParquetFileWriter() = default;
  /// Encodes the rows, columns side by side, into the row group that is open, or a new one.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  /// Writes out the row group that is open. Until then its encoded bytes are in memory.
  virtual Status EndRowGroup() = 0;
  /// Of the row group that is open: its encoded pages and the values of pages that are not full.
  virtual int64_t BytesHeld() const = 0;
  virtual int64_t BytesWritten() const = 0;
  virtual Result<iceberg::DataFile> Close() = 0;
};

}  // namespace ingot::rows
