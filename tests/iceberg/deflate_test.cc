#include "iceberg/deflate.h"

#include <gtest/gtest.h>

namespace ingot::iceberg {
namespace {

// Goal:   what is compressed comes back, what is cut is refused. Method: both frames, every cut of a short one.
TEST(Deflate, ThereAndBack) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i);
  for (const auto frame : {DeflateFrame::kBare, DeflateFrame::kGzip}) {
    EXPECT_EQ(*Inflate(Deflate(text, frame), frame), text);
    EXPECT_EQ(*Inflate(Deflate("", frame), frame), "");
    const std::string small = Deflate("some text", frame);
    for (size_t i = 0; i < small.size(); ++i) EXPECT_FALSE(Inflate(small.substr(0, i), frame)) << i;
  }
}

}  // namespace
}  // namespace ingot::iceberg
