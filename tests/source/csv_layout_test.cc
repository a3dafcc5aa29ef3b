#include "source/csv_layout.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

// Goal:   a layout is read back as it was written.
// Method: special characters, no quote, each encoding; text that is no layout.
TEST(CsvLayout, IsReadBack) {
  const CsvOptions options{.delimiter = '\t', .quote = 0, .multiline = false, .names = {}, .fields = {}};
  const std::vector<std::string> names{"a", "b \"c\"", "ä"};
  for (const auto& [encoding, word] : {std::pair{TextEncoding::kUtf8, "utf-8"},
                                       {TextEncoding::kLatin1, "latin-1"},
                                       {TextEncoding::kWindows1252, "windows-1252"},
                                       {TextEncoding::kUtf16Le, "utf-16le"},
                                       {TextEncoding::kUtf16Be, "utf-16be"}}) {
    const auto read = ParseCsvLayout(CsvLayout(options, names, encoding));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->names, names);
    EXPECT_EQ(read->delimiter, '\t');
    EXPECT_EQ(read->quote, 0);
    EXPECT_FALSE(read->multiline);
    EXPECT_EQ(read->encoding, word);
  }
  for (const char* damaged :
       {"", "{}", "[]", R"({"columns":[1],"delimiter":",","quote":"","multiline":true,"encoding":"x"})"})
    EXPECT_EQ(ParseCsvLayout(damaged).error().kind, ErrorKind::kCorrupt) << damaged;
}

}  // namespace
}  // namespace ingot::source
