#include "storage/streams.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>

#include "base/arrow_result.h"

namespace ingot::storage {
namespace {

/// Fails each read and write.
class Broken : public arrow::io::RandomAccessFile {
 public:
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return false; }
  arrow::Result<int64_t> Tell() const override { return 0; }
  arrow::Status Seek(int64_t) override { return arrow::Status::OK(); }
  arrow::Result<int64_t> GetSize() override { return 10; }
  arrow::Result<int64_t> Read(int64_t, void*) override { return arrow::Status::IOError("away"); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t) override { return arrow::Status::IOError("away"); }
};

// Goal:   stream errors keep kind and message for every read function. Method: each one on a file that cannot be read.
TEST(Streams, ErrorsKeepTheirKind) {
  const auto explain = [](const arrow::Status& status, std::string_view doing) {
    return Error{ErrorKind::kRetry, std::string(doing) + " f: " + status.message()};
  };
  const auto file = TranslateErrors(std::make_shared<Broken>(), explain);
  char out[4];
  EXPECT_EQ(*file->GetSize(), 10);
  for (const arrow::Status& status : {file->Read(4).status(), file->Read(4, out).status(), file->ReadAt(2, 4).status(),
                                      file->ReadAt(2, 4, out).status()}) {
    EXPECT_EQ(FromArrow(status).kind, ErrorKind::kRetry);
    EXPECT_EQ(FromArrow(status).message, "read f: away");
  }
}

// Goal:   an error that was translated already is not translated again. Method: a translated stream in another.
TEST(Streams, ErrorsAreTranslatedOnce) {
  const auto explain = [](const arrow::Status& status, std::string_view doing) {
    return Error{ErrorKind::kRetry, std::string(doing) + " f: " + status.message()};
  };
  const auto file = TranslateErrors(TranslateErrors(std::make_shared<Broken>(), explain), explain);
  EXPECT_EQ(FromArrow(file->Read(4).status()).message, "read f: away");
}

// Goal:   bytes pass unchanged. Method: written and read through both wrappers.
TEST(Streams, BytesPass) {
  const auto explain = [](const arrow::Status&, std::string_view) { return Error{ErrorKind::kRetry, ""}; };
  const auto memory = *arrow::io::BufferOutputStream::Create();
  const auto out = TranslateErrors(std::shared_ptr<arrow::io::OutputStream>(memory), explain);
  ASSERT_TRUE(out->Write("abcdef", 6).ok());
  EXPECT_EQ(*out->Tell(), 6);
  const auto in = TranslateErrors(std::make_shared<arrow::io::BufferReader>(*memory->Finish()), explain);
  EXPECT_EQ((*in->ReadAt(2, 3))->ToString(), "cde");
}

}  // namespace
}  // namespace ingot::storage
