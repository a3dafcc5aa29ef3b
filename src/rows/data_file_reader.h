// One data file opened for reading, whatever its format: its columns with field ids, its rows in the file's order.
// A format is one row of the table in data_file_reader.cc.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <vector>

#include "rows/scan.h"

namespace ingot::rows {

/// A column of a file that a reader is asked for.
struct FileColumn {
  int index = 0;                        // in the file's schema
  std::shared_ptr<arrow::Field> field;  // that of the schema, with field ids from a name mapping where it had none
  iceberg::Field wanted;                // the table's column that it becomes
};

class DataFileReader {
 public:
  virtual ~DataFileReader() = default;

  /// Field ids are in the fields' metadata (FieldIdOf), at every depth, where the file has them.
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  /// Where in the file the first row that Read() gives stands.
  virtual int64_t first_position() const { return 0; }
  /// How many rows Read() gives, where the file tells it without being read.
  virtual std::optional<int64_t> row_count() const = 0;
  /// The columns, ascending by index; batches without columns count rows. To be called once. The batches' types are
  /// those that ProjectArray() takes.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const std::vector<FileColumn>& columns) = 0;
};

/// Errors: kUnsupported for a format that is not in the table; kCorrupt for a file that is not of its format.
Result<std::unique_ptr<DataFileReader>> OpenDataFile(storage::Storage& storage, const FileTask& task);

Result<std::unique_ptr<DataFileReader>> OpenParquetFile(storage::Storage& storage, const FileTask& task);
Result<std::unique_ptr<DataFileReader>> OpenOrcFile(storage::Storage& storage, const FileTask& task);
Result<std::unique_ptr<DataFileReader>> OpenAvroFile(storage::Storage& storage, const FileTask& task);

inline constexpr int64_t kBatchRows = 32 * 1024;  // of all columns some 3 MB, so that a batch stays in the cache

/// Batches of no column that count `rows` rows.
std::shared_ptr<arrow::RecordBatchReader> CountRows(int64_t rows);

}  // namespace ingot::rows
