#include "source/file_stream.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace ingot::source {
namespace {

// Goal:   plain and gzip files give the same bytes from any offset; damage is said. Method: one text in both forms.
TEST(FileStream, OffsetsAndDamage) {
  const auto folder = std::filesystem::path(testing::TempDir());
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + "\n";
  const std::string plain = folder / "stream.txt", packed = folder / "stream.gz", cut = folder / "cut.gz";
  std::ofstream(plain, std::ios::binary) << text;
  gzFile file = gzopen(packed.c_str(), "wb");
  gzwrite(file, text.data(), unsigned(text.size()));
  gzclose(file);
  for (const std::string& path : {plain, packed})
    for (const int64_t offset : {int64_t(0), int64_t(1), int64_t(777), int64_t(text.size())}) {
      std::string bytes;
      ASSERT_TRUE((*FileStream::Open(path, offset))->Read(1 << 20, bytes));
      EXPECT_EQ(bytes, text.substr(size_t(offset)));
    }
  EXPECT_EQ(FileStream::Open(packed, int64_t(text.size()) + 1).error().kind, ErrorKind::kBadInput);
  std::filesystem::copy_file(packed, cut, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(cut, std::filesystem::file_size(packed) / 2);
  std::string bytes;
  EXPECT_EQ((*FileStream::Open(cut, 0))->Read(1 << 20, bytes).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot::source
