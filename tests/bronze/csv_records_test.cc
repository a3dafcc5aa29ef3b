#include "bronze/csv_records.h"

#include <gtest/gtest.h>

#include "source/csv_layout.h"

namespace ingot::bronze {
namespace {

std::string Converted(const std::string& csv, const std::vector<std::string>& rows) {
  const auto pipeline = pipeline::ParsePipeline("pipeline: p\nsource: {files: x, format: csv, csv: " + csv +
                                                    "}\nfields: {b: {type: long}, a: {type: string}}\n"
                                                    "bronze: {table: b.t}\nsilver: {table: s.t}\n",
                                                "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  CsvRecords records(*pipeline);
  std::string text;
  for (const std::string& row : rows)
    if (!records.Append(text, {.bytes = row})) text += "-";
  return text;
}

// Goal:   a row becomes a record if the names of its columns are known and it has that many cells.
// Method: names in the pipeline file, fields in order, and a header; rows that fit and rows that do not.
TEST(CsvRecords, ConvertsRowsOfKnownColumns) {
  EXPECT_EQ(Converted("{header: [a, b]}", {"x,1", "x", "\"y\"\"z\",", "\"open,1"}),
            R"({"a":"x","b":"1"}-{"a":"y\"z","b":null}-)");
  EXPECT_EQ(Converted("{header: false, delimiter: ';'}", {"1;x", "2;y"}), R"({"b":"1","a":"x"}{"b":"2","a":"y"})");
  EXPECT_EQ(Converted("{}", {"1,x"}), "-");
}

// Goal:   a row that was read is read again as it was then; one that was not is read as the pipeline file says now.
// Method: rows with the layout of their file, in a pipeline with another delimiter; a damaged layout.
TEST(CsvRecords, ReadsRowsByTheLayoutOfTheirFile) {
  const auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x, format: csv, csv: {delimiter: \";\"}}\nfields: {b: {type: long}}\n"
      "bronze: {table: b.t, payload: all}\nsilver: {table: s.t}\n",
      "f");
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  const std::string layout = source::CsvLayout({}, {"a", "b"}, source::TextEncoding::kLatin1);
  CsvRecords records(*pipeline);
  const auto converted = [&](const CsvRecords::Row& row) {
    std::string text;
    return records.Append(text, row) ? text : "-";
  };
  EXPECT_EQ(converted({.bytes = "\xE9,1", .layout = layout, .has_error = false}), R"({"a":"é","b":"1"})");
  EXPECT_EQ(converted({.bytes = "x;1", .layout = layout}), R"({"a":"x","b":"1"})");
  EXPECT_EQ(converted({.bytes = "x;1", .layout = layout, .has_error = false}), "-");
  EXPECT_EQ(converted({.bytes = "x,1", .layout = "{}", .has_error = false}), "-");
  EXPECT_EQ(converted({.bytes = "x,1", .has_error = false}), "-");
}

}  // namespace
}  // namespace ingot::bronze
