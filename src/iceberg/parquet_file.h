// One Parquet data file being written: row groups in, the manifest's DataFile out.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>

#include "iceberg/manifest.h"

namespace ingot::iceberg {

class ParquetFileWriter {
 public:
  /// Compression and level from write.parquet.compression-codec and -level (default zstd, 1).
  static Result<std::unique_ptr<ParquetFileWriter>> Open(storage::Storage& storage, std::string location,
                                                         const Schema& schema, const TableMetadata& metadata);
  virtual ~ParquetFileWriter() = default;
  /// Writes the rows as one row group.
  virtual Status WriteRowGroup(const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows) = 0;
  virtual int64_t BytesWritten() const = 0;
  virtual Result<DataFile> Close() = 0;
};

}  // namespace ingot::iceberg
