#include "rows/data_file_reader.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/writer.h>

#include "base/arrow_result.h"
#include "base/status_detail.h"
#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

/// A file of which one read fails: as its server is away for a moment.
class FlakyFile : public arrow::io::RandomAccessFile {
 public:
  FlakyFile(const std::string& bytes, int fails_at, int* reads)
      : inner_(arrow::Buffer::FromString(bytes)), fails_at_(fails_at), reads_(reads) {}
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return false; }
  arrow::Result<int64_t> Tell() const override { return inner_.Tell(); }
  arrow::Status Seek(int64_t position) override { return inner_.Seek(position); }
  arrow::Result<int64_t> GetSize() override { return inner_.GetSize(); }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_RETURN_NOT_OK(Answer());
    return inner_.Read(bytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_RETURN_NOT_OK(Answer());
    return inner_.Read(bytes);
  }

 private:
  arrow::Status Answer() {
    return (*reads_)++ == fails_at_ ? ToArrow({ErrorKind::kRetry, "s3://b/f: no answer"}) : arrow::Status::OK();
  }
  arrow::io::BufferReader inner_;
  const int fails_at_;
  int* const reads_;
};

/// Holds one file.
class FlakyStorage : public storage::Storage {
 public:
  FlakyStorage(std::string bytes, int fails_at) : bytes_(std::move(bytes)), fails_at_(fails_at) {}
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view) override {
    return std::make_shared<FlakyFile>(bytes_, fails_at_, &reads);
  }
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view) override { return ReadOnly(); }
  Result<std::string> ReadAll(std::string_view) override { return bytes_; }
  Status CreateAtomic(std::string_view, std::string_view) override { return ReadOnly(); }
  Result<bool> Exists(std::string_view) override { return true; }
  Status Delete(std::string_view) override { return ReadOnly(); }
  Status Move(std::string_view, std::string_view) override { return ReadOnly(); }
  Result<std::vector<storage::FileInfo>> List(std::string_view) override { return std::vector<storage::FileInfo>{}; }

  int reads = 0;

 private:
  static std::unexpected<Error> ReadOnly() { return Fail(ErrorKind::kUnsupported, "read-only"); }
  const std::string bytes_;
  const int fails_at_;
};

/// Reads the file as a data file of `format`: its rows, or the error.
Result<int64_t> CountRowsOf(storage::Storage& storage, const std::string& format) {
  FileTask task{.file = {.location = "s3://b/f", .format = format}, .deletes = {}};
  INGOT_ASSIGN(const auto file, OpenDataFile(storage, task));
  std::vector<FileColumn> columns;
  for (int i = 0; i < file->schema()->num_fields(); ++i)
    columns.push_back({.index = i,
                       .field = file->schema()->field(i),
                       .wanted = {.id = i + 1, .name = "c", .type = {.id = iceberg::TypeId::kLong}}});
  INGOT_ASSIGN(const auto reader, file->Read(columns));
  INGOT_ARROW_ASSIGN(const auto table, reader->ToTable());
  return table->num_rows();
}

std::string Written(const std::string& format, const arrow::Table& table) {
  const auto stream = *arrow::io::BufferOutputStream::Create();
  if (format == "ORC") {
    const auto writer = *arrow::adapters::orc::ORCFileWriter::Open(stream.get());
    EXPECT_TRUE(writer->Write(table).ok() && writer->Close().ok());
  } else {
    EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), stream).ok());
  }
  return (*stream->Finish())->ToString();
}

// Goal:   storage that is away for a moment is kRetry whatever reader the error passes through: a follower goes on.
// Method: a file of each format of a library of others, each of its reads in vain in turn.
TEST(DataFileReader, ErrorsOfStorageKeepTheirKind) {
  const auto rows = RowsOf({{"a", arrow::int64(), "[1,2,3]"}, {"b", arrow::int64(), "[4,null,6]"}});
  const auto table = *arrow::Table::FromRecordBatches({rows});
  for (const std::string format : {"PARQUET", "ORC"}) {
    const std::string bytes = Written(format, *table);
    FlakyStorage whole(bytes, -1);
    ASSERT_EQ(CountRowsOf(whole, format).value_or(-1), 3);
    ASSERT_GE(whole.reads, 2);
    for (int fails_at = 0; fails_at < whole.reads; ++fails_at) {
      FlakyStorage flaky(bytes, fails_at);
      const auto read = CountRowsOf(flaky, format);
      ASSERT_FALSE(read) << format << " " << fails_at;
      EXPECT_EQ(read.error().kind, ErrorKind::kRetry) << format << " " << fails_at << ": " << read.error().message;
      EXPECT_NE(read.error().message.find("no answer"), std::string::npos) << read.error().message;
    }
  }
}

}  // namespace
}  // namespace ingot::rows
