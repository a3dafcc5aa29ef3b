#include "bronze/csv_records.h"

#include <gtest/gtest.h>

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
    if (!records.Append(text, row)) text += "-";
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

}  // namespace
}  // namespace ingot::bronze
