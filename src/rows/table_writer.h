// Writes rows as Parquet data files of a table: one open file per partition, closed at its target size. The memory is
// bounded however many partitions are open.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "iceberg/manifest.h"

namespace ingot::rows {

struct WriterOptions {
  int64_t file_bytes_target = 512 << 20;   // write.target-file-size-bytes
  int64_t buffered_bytes_max = 256 << 20;  // open row groups of all partitions together
  int64_t row_group_rows_max = 1 << 18;    // readers divide files by row groups
  size_t open_files_max = 64;              // above it the least recently used file is closed
  std::string name_prefix;                 // of the names of data files
};

/// Options from the table's write.* properties.
WriterOptions WriterOptionsOf(const iceberg::TableMetadata& metadata);

class TableWriter {
 public:
  /// Rows must have the columns of the table's current schema, in its order.
  static Result<std::unique_ptr<TableWriter>> Open(std::shared_ptr<storage::Storage> storage,
                                                   const iceberg::TableMetadata& metadata, WriterOptions options);
  virtual ~TableWriter() = default;

  virtual Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  /// Closes all files. They are durable and not yet part of a snapshot.
  virtual Result<std::vector<iceberg::DataFile>> Finish() = 0;
  /// Deletes the files. Call it after a commit that failed, never after one whose outcome is unknown.
  virtual void Abandon() = 0;
};

}  // namespace ingot::rows
