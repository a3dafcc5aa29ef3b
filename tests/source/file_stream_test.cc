#include "source/file_stream.h"

#include <arrow/util/compression.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace ingot::source {
namespace {

// Goal:   plain and gzip files give the same bytes from any offset.
// Method: one text in both forms.
TEST(FileStream, OffsetsAndDamage) {
  const auto folder = std::filesystem::path(testing::TempDir());
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
  const std::string plain = folder / "stream.txt", packed = folder / "stream.gz";
  std::ofstream(plain, std::ios::binary) << text;
  gzFile file = gzopen(packed.c_str(), "wb");
  gzwrite(file, text.data(), unsigned(text.size()));
  gzclose(file);
  for (const std::string& path : {plain, packed})
    for (const int64_t offset :
         {int64_t(0), int64_t(1), int64_t(777), int64_t(9000), int64_t(200'000), int64_t(text.size())}) {
      std::string bytes;
      const auto stream = *FileStream::Open(path);
      ASSERT_TRUE(stream->SkipTo(offset));
      ContentTrace trace;
      trace.Add(std::string_view(text).substr(0, size_t(offset)));
      EXPECT_EQ(stream->Trace().Head(), trace.Head());
      EXPECT_EQ(stream->Trace().Tail(), trace.Tail());
      ASSERT_TRUE(stream->Read(1 << 20, bytes));
      EXPECT_EQ(bytes, text.substr(size_t(offset)));
      EXPECT_FALSE(stream->Truncated());
    }
  EXPECT_EQ((*FileStream::Open(packed))->SkipTo(int64_t(text.size()) + 1).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ((*FileStream::Open(plain))->SkipTo(int64_t(text.size()) + 1).error().kind, ErrorKind::kBadInput);
}

std::string Compressed(arrow::Compression::type type, const std::string& text) {
  const auto codec = *arrow::util::Codec::Create(type);
  std::string out(size_t(codec->MaxCompressedLen(int64_t(text.size()), nullptr)), 0);
  const auto size = codec->Compress(int64_t(text.size()), reinterpret_cast<const uint8_t*>(text.data()),
                                    int64_t(out.size()), reinterpret_cast<uint8_t*>(out.data()));
  out.resize(size_t(*size));
  return out;
}

// Goal:   everything that gzip and zstd accept is read: consecutive members and frames, empty ones, padding, skippable
//         frames. Truncated content gives the bytes before the cut and is distinguished from damaged content.
// Method: each case, in small reads.
TEST(FileStream, FramesPaddingAndDamage) {
  const std::string path = std::filesystem::path(testing::TempDir()) / "frames";
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string gzip = Compressed(arrow::Compression::GZIP, text),
                    zstd = Compressed(arrow::Compression::ZSTD, text);
  const std::string skipped("\x5e\x2a\x4d\x18\x03\0\0\0xyz", 11);
  const std::string no_zstd = Compressed(arrow::Compression::ZSTD, "");
  struct Case {
    std::string stored, content;
    bool truncated = false, damaged = false;
  };
  for (const Case& one :
       {Case{gzip + gzip, text + text}, Case{gzip + std::string(512, 0), text},
        Case{gzip + std::string(3, 0) + gzip, text + text}, Case{skipped + zstd, text},
        Case{zstd + skipped + no_zstd + zstd + skipped, text + text}, Case{gzip.substr(0, gzip.size() - 3), text, true},
        Case{zstd.substr(0, zstd.size() / 2), "", true}, Case{gzip + "garbage", text, false, true},
        Case{zstd + "garbage", text, false, true}}) {
    std::ofstream(path, std::ios::binary) << one.stored;
    const auto stream = *FileStream::Open(path);
    std::string bytes;
    Status outcome;
    for (size_t before = 1; outcome && before != bytes.size();) {
      before = bytes.size();
      outcome = stream->Read(1000, bytes);
    }
    EXPECT_EQ(!outcome, one.damaged);
    EXPECT_EQ(stream->Truncated(), one.truncated);
    if (one.truncated && one.content.empty())
      EXPECT_TRUE(text.starts_with(bytes) && !bytes.empty());
    else
      EXPECT_EQ(bytes, one.content);
  }
}

}  // namespace
}  // namespace ingot::source
