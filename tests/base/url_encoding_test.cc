#include "base/url_encoding.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   encoded text is decoded to the same text. Method: plain text, reserved characters, control bytes, UTF-8 and
// other bytes.
TEST(UrlEncoding, RoundTrips) {
  const std::pair<std::string, std::string> cases[] = {{"az-09._~", "az-09._~"}, {"a b/c\x1f?", "a%20b%2Fc%1F%3F"},
                                                       {"\xc3\xa4", "%C3%A4"},   {"100%", "100%25"},
                                                       {"\xff", "%FF"},          {"", ""}};
  for (const auto& [text, encoded] : cases) {
    EXPECT_EQ(UrlEncode(text), encoded);
    EXPECT_EQ(UrlDecode(encoded), text);
  }
}

// Goal:   invalid escapes are unchanged. Method: truncated ones, wrong digits, lower-case digits, a zero byte.
TEST(UrlEncoding, TextWithoutEscapesStays) {
  const std::pair<std::string, std::string> cases[] = {{"50%", "50%"}, {"%4", "%4"},   {"%zz", "%zz"},
                                                       {"%2f", "/"},   {"%00", "%00"}, {"%4%41", "%4A"}};
  for (const auto& [text, decoded] : cases) EXPECT_EQ(UrlDecode(text), decoded);
}

}  // namespace
}  // namespace ingot
