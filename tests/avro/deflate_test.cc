#include "avro/deflate.h"

#include <gtest/gtest.h>

namespace ingot::avro {
namespace {

// Goal:   compressed data round-trips; truncated data fails. Method: both frames, every prefix of a short one.
TEST(Deflate, RoundTrips) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i);
  for (const auto frame : {DeflateFrame::kRaw, DeflateFrame::kGzip}) {
    EXPECT_EQ(*Inflate(Deflate(text, frame), frame), text);
    EXPECT_EQ(*Inflate(Deflate("", frame), frame), "");
    const std::string small = Deflate("some text", frame);
    for (size_t i = 0; i < small.size(); ++i) EXPECT_FALSE(Inflate(small.substr(0, i), frame)) << i;
  }
}

// Goal:   gzip files of several members and Zstandard are decompressed; damage is detected. Method: two members; the
// output of `printf 'some text' | zstd`, every prefix.
TEST(Deflate, MembersAndZstd) {
  EXPECT_EQ(*Inflate(Deflate("one ", DeflateFrame::kGzip) + Deflate("two", DeflateFrame::kGzip), DeflateFrame::kGzip),
            "one two");
  const std::string frame("\x28\xB5\x2F\xFD\x04\x58\x49\x00\x00some text\xE1\x1E\xD8\xC1", 22);
  EXPECT_TRUE(frame.starts_with(kZstdMagic));
  EXPECT_EQ(*DecompressZstd(frame), "some text");
  for (size_t i = 0; i < frame.size(); ++i) EXPECT_FALSE(DecompressZstd(frame.substr(0, i))) << i;
}

}  // namespace
}  // namespace ingot::avro
