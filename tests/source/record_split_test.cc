#include "source/record_split.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

// Goal:   lines are cut whatever their ends, blank ones are none. Method: all ends in one text.
TEST(RecordSplit, Lines) {
  const std::string text = "a\r\nbb\n\n \t\n  ccc  \nlast";
  std::vector<RawBatch::Record> records;
  EXPECT_EQ(SplitLines(text, false, records), text.size() - 4);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(text.substr(records[2].begin, records[2].size), "ccc");
  records.clear();
  EXPECT_EQ(SplitLines(text, true, records), text.size());
  EXPECT_EQ(records.size(), 4u);
}

// Goal:   CSV rows become JSON, also cut at any place. Method: quotes, line ends in cells, short and long rows; each
// prefix.
TEST(RecordSplit, Csv) {
  const std::string text = "a,b\n1,\"x \"\"y\"\"\nz\"\n,\"\"\n3,4,5\n6";
  CsvRows csv;
  const size_t header = csv.ReadHeader(text, false);
  std::string json;
  std::vector<RawBatch::Record> records;
  csv.Split(std::string_view(text).substr(header), true, json, records);
  EXPECT_EQ(json, R"({"a":"1","b":"x \"y\"\nz"}{"a":null,"b":""}{"a":"3","b":"4","column_3":"5"}{"a":"6"})");
  for (size_t cut = 0; cut < text.size() - header; ++cut) {
    std::string first, second;
    std::vector<RawBatch::Record> some;
    const std::string_view rows = std::string_view(text).substr(header);
    const size_t used = csv.Split(rows.substr(0, cut), false, first, some);
    csv.Split(rows.substr(used), true, second, some);
    EXPECT_EQ(first + second, json) << cut;
  }
}

}  // namespace
}  // namespace ingot::source
