#include "source/record_split.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

// Goal:   lines are split at any line end, and blank lines are skipped.
// Method: all line ends in one text.
TEST(RecordSplit, Lines) {
  const std::string text = "a\r\nbb\n\n \t\n  ccc  \nlast";
  std::vector<RawBatch::Record> records;
  EXPECT_EQ(SplitLines(text, Rest::kFollows, records), text.size() - 4);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(text.substr(records[2].begin, records[2].size), "ccc");
  records.clear();
  EXPECT_EQ(SplitLines(text, Rest::kNone, records), text.size());
  EXPECT_EQ(records.size(), 4u);
}

// Goal:   a document is one record, or one per element of its array.
// Method: brackets in strings, nested ones, whitespace, and malformed arrays.
TEST(RecordSplit, Documents) {
  const auto split = [](const std::string& text) {
    std::vector<RawBatch::Record> records;
    SplitDocument(text, records);
    std::vector<std::string> shown;
    for (const auto& record : records) {
      shown.push_back(text.substr(record.begin, record.size));
      EXPECT_EQ(record.offset, int64_t(record.begin));
    }
    return shown;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(split(" {\"a\":[1,2]}\n"), Texts({" {\"a\":[1,2]}\n"}));
  EXPECT_EQ(split(" [ {\"a\":\"]\\\",\"} ,\n{\"b\":[1,{}]},3 ]\n"),
            Texts({"{\"a\":\"]\\\",\"}", "{\"b\":[1,{}]}", "3"}));
  EXPECT_EQ(split(" [ ] "), Texts());
  EXPECT_EQ(split(" \n"), Texts());
  for (const char* whole : {"[1,2", "[1,2]]", "[1,2] x", "[1,,2]", "[,]", "[1,]", "[\"a]", "{} {}"})
    EXPECT_EQ(split(whole), Texts({whole}));
}

}  // namespace
}  // namespace ingot::source
