#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   invalid UTF-8 is detected and escaped. Method: sequences of each length, truncated and overlong ones.
TEST(Utf8, ValidAndEscaped) {
  for (const std::string_view good : {"", "a", "\xC3\xA9", "\xE5\x90\x8D", "\xF0\x9F\x98\x80"})
    EXPECT_TRUE(IsUtf8(good));
  for (const std::string_view bad : {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_FALSE(IsUtf8(bad));
  EXPECT_EQ(PercentEncodeInvalidUtf8("5%\xFF\xC3\xA9\xC3"), "5%25%FF\xC3\xA9%C3");
}

}  // namespace
}  // namespace ingot
