#include "base/json_text.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   any bytes become a valid JSON string. Method: escapes, control characters, valid and invalid UTF-8.
TEST(JsonText, QuotesAnyBytes) {
  EXPECT_EQ(JsonQuote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(JsonQuote("Zürich €😀"), "\"Zürich €😀\"");
  EXPECT_EQ(JsonQuote("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonQuote("\xed\xa0\x80x"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"");  // a lone surrogate
}

// Goal:   invalid UTF-8 is replaced. Method: a truncated sequence.
TEST(JsonText, ReplacesTruncatedSequences) {
  EXPECT_EQ(ReplaceInvalidUtf8("ok\xe2\x82"), "ok\xEF\xBF\xBD\xEF\xBF\xBD");
}

// Goal:   the end of a string is found. Method: escapes, an empty string, strings that are not closed.
TEST(JsonText, StringEnd) {
  EXPECT_EQ(JsonStringEnd(R"({"a":1})", 1), 4u);
  EXPECT_EQ(JsonStringEnd(R"("")", 0), 2u);
  EXPECT_EQ(JsonStringEnd(R"("a\" "b")", 0), 6u);
  EXPECT_EQ(JsonStringEnd(R"("a"b")", 0), 3u);
  for (const std::string_view open : {R"(")", R"("a)", R"("a\)", R"("a")"})
    EXPECT_EQ(JsonStringEnd(open, 0), open.size());
}

}  // namespace
}  // namespace ingot
