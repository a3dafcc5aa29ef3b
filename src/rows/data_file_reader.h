// Reads one data file of any format: its columns with field ids, its rows in file order. To add a format, add a row to
// the table in data_file_reader.cc.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <vector>

#include "rows/scan.h"

namespace ingot::rows {

/// A column to read from a file.
struct FileColumn {
  int index = 0;                        // in the file's schema
  std::shared_ptr<arrow::Field> field;  // the schema's field, with ids (from the name mapping if it had none)
  iceberg::Field wanted;                // the column of the table
};

class DataFileReader {
 public:
  virtual ~DataFileReader() = default;

  /// The file's schema. Field ids are in the metadata of the fields (FieldIdOf), at every nesting level, if the file
  /// has them.
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  /// The position in the file of the first row that Read() returns.
  virtual int64_t first_position() const { return 0; }
  /// The number of rows that Read() returns, if the file's metadata tells it.
  virtual std::optional<int64_t> row_count() const = 0;
  /// Reads the columns, which are ascending by index. Without columns, batches only have a number of rows. Call it
  /// once. The batches have types that ProjectArray() accepts.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const std::vector<FileColumn>& columns) = 0;
};

/// Errors: kUnsupported for an unknown format; kCorrupt for a file that does not have its format.
Result<std::unique_ptr<DataFileReader>> OpenDataFile(storage::Storage& storage, const FileTask& task);

Result<std::unique_ptr<DataFileReader>> OpenParquetFile(storage::Storage& storage, const FileTask& task);
Result<std::unique_ptr<DataFileReader>> OpenOrcFile(storage::Storage& storage, const FileTask& task);
Result<std::unique_ptr<DataFileReader>> OpenAvroFile(storage::Storage& storage, const FileTask& task);

inline constexpr int64_t kBatchRows = 32 * 1024;  // about 3 MB for all columns, so that a batch fits in the CPU cache

/// Batches without columns that have `rows` rows in total.
std::shared_ptr<arrow::RecordBatchReader> CountRows(int64_t rows);

}  // namespace ingot::rows
