#include "source/file_stream.h"

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/arrow_result.h"
#include "storage/folders.h"
#include "storage/streams.h"

namespace ingot::source {
namespace {

using File = std::shared_ptr<arrow::io::RandomAccessFile>;

constexpr int64_t kInputBytes = 256 << 10;

std::unexpected<Error> Shorter(const std::string& path, int64_t offset) {
  return Fail(ErrorKind::kBadInput,
              "file " + path + " is shorter than the " + std::to_string(offset) + " bytes that were read of it before");
}

class PlainStream : public FileStream {
 public:
  PlainStream(std::string path, FileStat stat, File file)
      : FileStream(stat), path_(std::move(path)), file_(std::move(file)) {}

  Status Read(int64_t bytes, std::string& out) override {
    const size_t have = out.size();
    arrow::Status failed;
    out.resize_and_overwrite(have + size_t(bytes), [&](char* data, size_t) {
      int64_t got = 0;
      while (got < bytes) {
        const auto step = file_->Read(bytes - got, data + have + got);
        failed = step.status();
        if (!step.ok() || *step == 0) break;
        got += *step;
      }
      return have + size_t(got);
    });
    if (!failed.ok()) return std::unexpected(FromArrow(failed));
    return {};
  }

  Status SkipTo(int64_t offset) override {
    INGOT_ARROW_ASSIGN(const int64_t size, file_->GetSize());
    if (size < offset) return Shorter(path_, offset);
    const int64_t at = StoredBytesRead(), head = std::min(offset, kHeadBytes);
    if (at < head) {
      INGOT_ARROW_ASSIGN(const auto bytes, file_->ReadAt(at, head - at));
      trace_.Add(std::string_view(*bytes));
    }
    if (offset > head) {
      const int64_t tail = std::min(offset, kTailBytes);
      INGOT_ARROW_ASSIGN(const auto bytes, file_->ReadAt(offset - tail, tail));
      trace_.ReplaceTail(bytes->ToString());
    }
    INGOT_ARROW(file_->Seek(offset));
    return {};
  }

  int64_t StoredBytesRead() const override { return file_->Tell().ValueOr(0); }
  bool Compressed() const override { return false; }
  bool Truncated() const override { return false; }

 private:
  const std::string path_;
  const File file_;
};

/// Reads consecutive gzip members or zstd frames. Zero bytes after a gzip member are padding, as on tapes. Skippable
/// zstd frames are ignored.
class CompressedStream : public FileStream {
 public:
  CompressedStream(std::string path, FileStat stat, File file, bool gzip,
                   std::shared_ptr<arrow::util::Decompressor> decompressor)
      : FileStream(stat),
        path_(std::move(path)),
        file_(std::move(file)),
        gzip_(gzip),
        decompressor_(std::move(decompressor)) {}

  Status Read(int64_t bytes, std::string& out) override {
    const size_t have = out.size();
    Status outcome;
    out.resize_and_overwrite(have + size_t(bytes), [&](char* data, size_t) {
      int64_t got = 0;
      while (got < bytes) {
        const auto step = Decompress(reinterpret_cast<uint8_t*>(data) + have + got, bytes - got);
        if (!step) outcome = std::unexpected(step.error());
        if (!step || *step == 0) break;
        got += *step;
      }
      return have + size_t(got);
    });
    offset_ += int64_t(out.size() - have);
    return outcome;
  }

  Status SkipTo(int64_t offset) override {
    std::string skipped;
    while (offset_ < offset) {
      skipped.clear();
      INGOT_TRY(Read(std::min<int64_t>(offset - offset_, 1 << 20), skipped));
      if (skipped.empty()) return Shorter(path_, offset);
      trace_.Add(skipped);
    }
    return {};
  }

  int64_t StoredBytesRead() const override { return file_->Tell().ValueOr(0); }
  bool Compressed() const override { return true; }
  bool Truncated() const override { return at_end_ && !between_frames_; }

 private:
  /// Decompresses some bytes; returns 0 at the end.
  Result<int64_t> Decompress(uint8_t* data, int64_t room) {
    while (true) {
      if (taken_ == Input().size() && !output_waits_ && !at_end_) INGOT_TRY(Refill());
      if (at_end_ && !output_waits_) return 0;
      if (between_frames_ && gzip_) SkipPadding();
      if (taken_ == Input().size() && !output_waits_) continue;
      if (between_frames_) {
        INGOT_ARROW(decompressor_->Reset());
        between_frames_ = false;
      }
      const auto step = decompressor_->Decompress(
          int64_t(Input().size() - taken_), reinterpret_cast<const uint8_t*>(Input().data()) + taken_, room, data);
      if (!step.ok()) return Damaged(step.status().message());
      const bool stuck = step->bytes_read == 0 && step->bytes_written == 0 && taken_ < Input().size();
      taken_ += size_t(step->bytes_read);
      between_frames_ = decompressor_->IsFinished();
      output_waits_ = !between_frames_ && step->bytes_written == room;
      if (step->bytes_written > 0) return step->bytes_written;
      if (stuck && !between_frames_) return Damaged("its compressed data cannot be read");
    }
  }

  std::string_view Input() const { return input_ ? std::string_view(*input_) : std::string_view(); }

  Status Refill() {
    INGOT_ARROW_ASSIGN(input_, file_->Read(kInputBytes));
    taken_ = 0;
    at_end_ = Input().empty();
    return {};
  }

  void SkipPadding() {
    while (taken_ < Input().size() && Input()[taken_] == '\0') ++taken_;
  }

  std::unexpected<Error> Damaged(const std::string& how) const {
    return Fail(ErrorKind::kCorrupt,
                "file " + path_ + " is damaged after byte " + std::to_string(offset_) + " of its content: " + how);
  }

  const std::string path_;
  const File file_;
  const bool gzip_;
  const std::shared_ptr<arrow::util::Decompressor> decompressor_;
  std::shared_ptr<arrow::Buffer> input_;
  size_t taken_ = 0;  // bytes of input_ used
  int64_t offset_ = 0;
  bool between_frames_ = true;
  bool output_waits_ = false;  // the decompressor has more output
  bool at_end_ = false;
};

/// Whether `magic` begins a zstd frame or a skippable frame (RFC 8878, 3.1.2), with which pzstd begins its files.
bool IsZstd(std::string_view magic) {
  const bool skippable = magic.size() == 4 && (uint8_t(magic[0]) & 0xf0) == 0x50 && magic.substr(1) == "\x2a\x4d\x18";
  return magic == "\x28\xb5\x2f\xfd" || skippable;
}

}  // namespace

Result<std::unique_ptr<FileStream>> FileStream::Open(const std::string& path) {
  const int descriptor = storage::OpenFile(path, O_RDONLY);
  if (descriptor < 0) {
    const int error = errno;
    const bool gone = error == ENOENT || error == ENOTDIR;
    return Fail(gone ? ErrorKind::kNotFound : ErrorKind::kRetry,
                gone ? "file does not exist: " + path : "file " + path + ": " + std::strerror(error));
  }
  const auto translate = [path](const arrow::Status& status, std::string_view) {
    return FromArrow(status, ErrorKind::kRetry).Context("file " + path);
  };
  const auto opened = arrow::io::ReadableFile::Open(descriptor);
  if (!opened.ok()) return std::unexpected(translate(opened.status(), ""));
  const File file = storage::TranslateErrors(*opened, translate);
  INGOT_ASSIGN(const FileStat stat, WithContext(StatFile(descriptor), "file " + path));
  INGOT_ARROW_ASSIGN(const auto head, file->ReadAt(0, 4));
  const std::string_view magic(*head);
  const bool gzip = magic.starts_with("\x1f\x8b");
  INGOT_ARROW(file->Seek(0));
  if (!gzip && !IsZstd(magic)) return std::make_unique<PlainStream>(path, stat, file);
  INGOT_ARROW_ASSIGN(const auto codec,
                     arrow::util::Codec::Create(gzip ? arrow::Compression::GZIP : arrow::Compression::ZSTD));
  INGOT_ARROW_ASSIGN(auto decompressor, codec->MakeDecompressor());
  return std::make_unique<CompressedStream>(path, stat, file, gzip, std::move(decompressor));
}

}  // namespace ingot::source
