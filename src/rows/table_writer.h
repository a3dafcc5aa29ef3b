// Writes rows as Parquet data files of a table: one file at a time per partition, rolled at a written size, with
// bounded memory however many partitions are open.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "iceberg/manifest.h"

namespace ingot::rows {

struct WriterOptions {
  int64_t file_bytes_target = 512 << 20;   // write.target-file-size-bytes
  int64_t buffered_bytes_max = 256 << 20;  // of row groups that are open, all partitions together
  int64_t row_group_rows_max = 1 << 18;    // readers share out files by row groups
  size_t open_files_max = 64;              // beyond it the file that was written longest ago is closed
  std::string name_prefix;                 // of data files, before their number
};

/// Options from the table's write.* properties, where they are set.
WriterOptions WriterOptionsOf(const iceberg::TableMetadata& metadata);

class TableWriter {
 public:
  /// Rows must have the columns of the table's current schema, in its order.
  static Result<std::unique_ptr<TableWriter>> Open(std::shared_ptr<storage::Storage> storage,
                                                   const iceberg::TableMetadata& metadata, WriterOptions options);
  virtual ~TableWriter() = default;

  virtual Status Write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  /// Closes all files. What they hold is durable and belongs to no snapshot yet.
  virtual Result<std::vector<iceberg::DataFile>> Finish() = 0;
  /// Deletes what was written. For a commit that is known to have failed, never for one whose outcome is unknown.
  virtual void Abandon() = 0;
};

}  // namespace ingot::rows
