#include "source/text_encoding.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

using namespace std::string_view_literals;

std::string AsUtf8(std::string_view bytes, TextEncoding encoding) {
  std::string text;
  EXPECT_EQ(AppendAsUtf8(bytes, encoding, Rest::kNone, text), bytes.size());
  return text;
}

// Goal:   each encoding becomes UTF-8, and its byte count is computed from that.
// Method: a letter, a character beyond Latin-1, a surrogate pair, an unpaired surrogate and an odd last byte.
TEST(TextEncoding, ToUtf8AndBackToTheCount) {
  const struct {
    TextEncoding encoding;
    std::string_view bytes;
    std::string_view text;
  } cases[] = {
      {TextEncoding::kUtf8, "Z\xC3\xBCrich"sv, "Zürich"sv},
      {TextEncoding::kLatin1, "Z\xFCrich\x80"sv, "Zürich\xC2\x80"sv},
      {TextEncoding::kWindows1252, "Z\xFCrich \x80"sv, "Zürich €"sv},
      {TextEncoding::kWindows1252, "\x81"sv, "\xEF\xBF\xBD"sv},
      {TextEncoding::kUtf16Le, "Z\0\xFC\0\x3D\xD8\x00\xDE"sv, "Zü😀"sv},
      {TextEncoding::kUtf16Be, "\0Z\0\xFC\xD8\x3D\xDE\x00"sv, "Zü😀"sv},
      {TextEncoding::kUtf16Be, "\xD8\x3D\0a"sv,
       "\xEF\xBF\xBD"
       "a"sv},
      {TextEncoding::kUtf16Be, "\xDE\x00\0a"sv,
       "\xEF\xBF\xBD"
       "a"sv},
  };
  for (const auto& [encoding, bytes, text] : cases) {
    EXPECT_EQ(AsUtf8(bytes, encoding), text);
    EXPECT_EQ(BytesBefore(text, encoding), bytes.size()) << text;
  }
  EXPECT_EQ(AsUtf8("a\0b"sv, TextEncoding::kUtf16Le), "a\xEF\xBF\xBD");
}

// Goal:   an incomplete character is left for the next read.
// Method: UTF-16 cut at each byte.
TEST(TextEncoding, LeavesHalfACharacter) {
  const auto bytes = "\0a\xD8\x3D\xDE\x00"sv;
  const size_t used[] = {0, 0, 2, 2, 2, 2, 6};
  for (size_t size = 0; size <= bytes.size(); ++size) {
    std::string text;
    EXPECT_EQ(AppendAsUtf8(bytes.substr(0, size), TextEncoding::kUtf16Be, Rest::kFollows, text), used[size]) << size;
  }
}

// Goal:   the first invalid byte is found.
// Method: each encoding, valid and invalid; U+FFFD itself is valid.
TEST(TextEncoding, FindsInvalidText) {
  const auto at = [](std::string_view bytes, TextEncoding encoding) {
    return FindInvalidText(bytes, encoding).value_or(99);
  };
  EXPECT_EQ(at("Zürich 東京 😀 \xEF\xBF\xBD", TextEncoding::kUtf8), 99u);
  EXPECT_EQ(at("Zürich Z\xFCrich", TextEncoding::kUtf8), 9u);
  EXPECT_EQ(at("a\xC3", TextEncoding::kUtf8), 1u);
  EXPECT_EQ(at("a\xC0\x80", TextEncoding::kUtf8), 1u);
  EXPECT_EQ(at("\xED\xA0\x80", TextEncoding::kUtf8), 0u);
  EXPECT_EQ(at("\x80\xFC\x9F", TextEncoding::kWindows1252), 99u);
  EXPECT_EQ(at("ab\x9D", TextEncoding::kWindows1252), 2u);
  EXPECT_EQ(at("\x81\xFF", TextEncoding::kLatin1), 99u);
  EXPECT_EQ(at("a\0\xFD\xFF\x3D\xD8\0\xDE"sv, TextEncoding::kUtf16Le), 99u);
  EXPECT_EQ(at("a\0\x3D\xD8"sv, TextEncoding::kUtf16Le), 2u);
  EXPECT_EQ(at("a\0\0\xDE"sv, TextEncoding::kUtf16Le), 2u);
  EXPECT_EQ(at("a\0b"sv, TextEncoding::kUtf16Le), 2u);
  EXPECT_EQ(at("\xFF\xFD\0a"sv, TextEncoding::kUtf16Be), 99u);
}

// Goal:   byte order marks are recognized.
// Method: the three marks, and prefixes of them.
TEST(TextEncoding, ByteOrderMarks) {
  EXPECT_EQ(FindByteOrderMark("\xEF\xBB\xBF,")->bytes, 3u);
  EXPECT_EQ(FindByteOrderMark("\xFF\xFE")->encoding, TextEncoding::kUtf16Le);
  EXPECT_EQ(FindByteOrderMark("\xFE\xFF")->encoding, TextEncoding::kUtf16Be);
  for (const char* none : {"", "a", "\xEF\xBB", "\xFF", "\xFF\xFF"}) EXPECT_FALSE(FindByteOrderMark(none)) << none;
}

}  // namespace
}  // namespace ingot::source
