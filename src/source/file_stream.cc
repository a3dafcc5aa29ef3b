#include "source/file_stream.h"

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>

#include <filesystem>

#include "base/arrow_result.h"

namespace ingot::source {
namespace {

class Stream : public FileStream {
 public:
  Stream(std::string path, std::shared_ptr<arrow::io::ReadableFile> file, std::shared_ptr<arrow::io::InputStream> plain)
      : path_(std::move(path)), file_(std::move(file)), plain_(std::move(plain)) {}

  Status Read(int64_t bytes, std::string& out) override {
    const size_t have = out.size();
    arrow::Status failed;
    out.resize_and_overwrite(have + size_t(bytes), [&](char* data, size_t) {
      int64_t got = 0;
      while (got < bytes) {
        const auto step = plain_->Read(bytes - got, data + have + got);
        failed = step.status();
        if (!step.ok() || *step == 0) break;
        got += *step;
      }
      return have + size_t(got);
    });
    if (!failed.ok()) return Fail(ErrorKind::kCorrupt, "file " + path_ + ": " + failed.message());
    return {};
  }

  int64_t StoredBytesRead() const override { return file_->Tell().ValueOr(0); }

 private:
  const std::string path_;
  const std::shared_ptr<arrow::io::ReadableFile> file_;
  const std::shared_ptr<arrow::io::InputStream> plain_;
};

}  // namespace

Result<std::unique_ptr<FileStream>> FileStream::Open(const std::string& path, int64_t offset) {
  if (!std::filesystem::exists(path)) return Fail(ErrorKind::kNotFound, "file does not exist: " + path);
  auto opened = arrow::io::ReadableFile::Open(path);
  if (!opened.ok()) return std::unexpected(FromArrow(opened.status(), ErrorKind::kRetry));
  const auto& file = *opened;
  const auto shrunk = [&] {
    return Fail(ErrorKind::kBadInput, "file " + path + " is shorter than what was read of it before (" +
                                          std::to_string(offset) +
                                          " bytes): it was replaced or cut; give the new content a new name");
  };
  INGOT_ARROW_ASSIGN(const auto head, file->ReadAt(0, 4));
  const std::string_view magic(*head);
  arrow::Compression::type compression = arrow::Compression::UNCOMPRESSED;
  if (magic.starts_with("\x1f\x8b")) compression = arrow::Compression::GZIP;
  if (magic == "\x28\xb5\x2f\xfd") compression = arrow::Compression::ZSTD;
  if (compression == arrow::Compression::UNCOMPRESSED) {
    INGOT_ARROW_ASSIGN(const int64_t size, file->GetSize());
    if (size < offset) return shrunk();
    INGOT_ARROW(file->Seek(offset));
    return std::make_unique<Stream>(path, file, file);
  }
  INGOT_ARROW(file->Seek(0));
  INGOT_ARROW_ASSIGN(const auto codec, arrow::util::Codec::Create(compression));
  INGOT_ARROW_ASSIGN(const auto plain, arrow::io::CompressedInputStream::Make(codec.get(), file));
  auto stream = std::make_unique<Stream>(path, file, plain);
  std::string skipped;
  for (int64_t left = offset; left > 0; left -= int64_t(skipped.size())) {
    skipped.clear();
    INGOT_TRY(stream->Read(std::min<int64_t>(left, 1 << 20), skipped));
    if (skipped.empty()) return shrunk();
  }
  return stream;
}

}  // namespace ingot::source
