#include "rows/data_file_reader.h"

#include <algorithm>

namespace ingot::rows {
namespace {

struct Format {
  std::string_view name;
  Result<std::unique_ptr<DataFileReader>> (*open)(storage::Storage&, const FileTask&);
};
constexpr Format kFormats[] = {{"PARQUET", OpenParquetFile}, {"ORC", OpenOrcFile}, {"AVRO", OpenAvroFile}};

const Format* FormatNamed(std::string_view name) {
  const auto* found = std::ranges::find(kFormats, name, &Format::name);
  return found == std::end(kFormats) ? nullptr : found;
}

class RowCounter : public arrow::RecordBatchReader {
 public:
  explicit RowCounter(int64_t rows) : rows_left_(rows) {}
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    const int64_t rows = std::min(rows_left_, kBatchRows);
    rows_left_ -= rows;
    *out = rows == 0 ? nullptr : arrow::RecordBatch::Make(schema_, rows, arrow::ArrayVector());
    return arrow::Status::OK();
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_ = arrow::schema(arrow::FieldVector());
  int64_t rows_left_;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> CountRows(int64_t rows) {
  return std::make_shared<RowCounter>(rows);
}

Result<std::unique_ptr<DataFileReader>> OpenDataFile(storage::Storage& storage, const FileTask& task) {
  const std::string& location = task.file.location;
  if (!task.file.key_metadata.empty())
    return Fail(ErrorKind::kUnsupported,
                "data file " + location + ": encrypted data files are not supported; use the engine that wrote it");
  const Format* format = FormatNamed(task.file.format);
  if (format == nullptr)
    return Fail(ErrorKind::kUnsupported, "data file " + location + ": format " + task.file.format +
                                             " is not supported, only Parquet, ORC and Avro");
  return format->open(storage, task);
}

}  // namespace ingot::rows
