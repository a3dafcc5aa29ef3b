#include "bronze/record_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bronze/record_parser.h"
#include "tests/rows.h"

namespace ingot::bronze {
namespace {

pipeline::Pipeline PipelineOf(const std::string& fields) {
  auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n" + fields + "bronze: {table: b.t}\nsilver: {table: s.t}\n", "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return *std::move(pipeline);
}

/// The records that were read, written again.
std::vector<std::string> Written(const std::string& fields, const std::vector<std::string>& records,
                                 RecordText::Options options = {}) {
  const auto pipeline = PipelineOf(fields);
  source::RawBatch batch;
  for (const std::string& record : records) {
    batch.records.push_back({.begin = batch.bytes.size(), .size = record.size()});
    batch.bytes += record;
  }
  batch.bytes.append(source::kPadding, '\0');
  const auto parsed = (*RecordParser::Make(pipeline))->Parse(batch, 0);
  EXPECT_TRUE(parsed);
  options.fields = pipeline.fields;
  RecordText text(std::move(options));
  EXPECT_TRUE(text.Begin(*parsed->rows));
  std::vector<std::string> written;
  for (size_t row = 0; row < records.size(); ++row) text.Append(written.emplace_back(), int64_t(row));
  return written;
}

// Goal:   a record has each value as it was: the same number, text and time, in its own unit.
// Method: records of every type, in the form that is written.
TEST(RecordText, WritesTheRecordsThatWereRead) {
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"  a: {type: long}\n", {R"({"a":-9223372036854775808})", "{}", R"({"x":1.50,"a":7})"}},
      {"  a: {type: double}\n",
       {R"({"a":0.1})", R"({"a":5})", R"({"a":-0.0})", R"({"a":1e+300})", R"({"a":5e-324})",
        R"({"a":9007199254740992.0})"}},
      {"  a: {type: float}\n", {R"({"a":0.1})", R"({"a":3.4028235e+38})"}},
      {"  a: {type: double, unit: s, from_unit: ms}\n", {R"({"a":0.7})", R"({"a":12345.678})", R"({"a":-1e-07})"}},
      {"  a: {type: float, unit: s, from_unit: ms}\n", {R"({"a":0.7})", R"({"a":12345.68})"}},
      {"  a: {type: boolean}\n", {R"({"a":true})", R"({"a":false})"}},
      {"  a: {type: string}\n", {R"({"a":"\"\\\n é"})", R"({"a":""})"}},
      {"  a: {type: date}\n", {R"({"a":"0001-01-01"})", R"({"a":"9999-12-31"})"}},
      {"  a: {type: uuid}\n", {R"({"a":"0f8fad5b-d9cb-469f-a165-70867728950e"})"}},
      {"  a: {type: timestamptz, unit: s}\n", {R"({"a":-1.5})", R"({"a":1487249458.633001})", R"({"a":0})"}},
      {"  a: {type: timestamptz, unit: ms}\n", {R"({"a":-1.5})", R"({"a":1487249458633})"}},
      {"  a: {type: timestamptz, unit: us}\n", {R"({"a":-1})"}},
      {"  a: {type: timestamptz, unit: ns}\n", {R"({"a":-1000})", R"({"a":1487249458633001000})"}},
      {"  a: {type: timestamptz_ns, unit: ns}\n", {R"({"a":-1})", R"({"a":1487249458633001001})"}},
      {"  a: {type: timestamptz_ns, unit: ms}\n", {R"({"a":-1})"}},
      {"  a: {type: timestamptz, unit: rfc3339}\n",
       {R"({"a":"1969-12-31T23:59:59.999999Z"})", R"({"a":"2024-02-29T00:00:00Z"})",
        R"({"a":"2024-02-29T00:00:00.120Z"})"}},
      {"  a: {type: timestamptz_ns, unit: rfc3339}\n", {R"({"a":"1969-12-31T23:59:59.999999999Z"})"}},
      {"  a: {type: long, default: 3}\n  b: {type: string, default: q}\n", {"{}", R"({"a":4})", R"({"b":"r","a":4})"}},
      {"  a: {type: long, from: [\"$.d.a\", $.a]}\n",
       {R"({"d":{"a":1}})", R"({"d":{"b":1},"a":2})", R"({"d":{"a":1},"a":2})"}},
      {"  a: {type: double, from: $.k}\n  b: {type: long, from: $.k}\n", {R"({"k":3})"}},
  };
  for (const auto& [fields, records] : cases) EXPECT_EQ(Written(fields, records), records) << fields;
}

// Goal:   values of fields with `coerce` are written in quotes where their new reader wants text.
// Method: one key is quoted, then all.
TEST(RecordText, QuotesNumbers) {
  const std::string fields = "  a: {type: long, coerce: true}\n  b: {type: boolean, coerce: true}\n  c: {type: long}\n";
  EXPECT_EQ(Written(fields, {R"({"a":1,"b":true,"c":2})"}, {.fields = {}, .quoted_keys = {"a", "c"}}),
            std::vector<std::string>{R"({"a":"1","b":true,"c":2})"});
  EXPECT_EQ(Written(fields, {R"({"a":1,"b":true,"c":2})"}, {.fields = {}, .all_quoted = true}),
            std::vector<std::string>{R"({"a":"1","b":"true","c":2})"});
}

// Goal:   what no record can have, because another engine wrote it, is neither lost nor taken for something else.
// Method: a number that is not finite, an _extra that is not an object, a column of another type.
TEST(RecordText, ValuesOfOtherEngines) {
  RecordText text({.fields = PipelineOf("  a: {type: double}\n").fields});
  const auto rows = RowsOf({{"a", arrow::float64(), "[1, NaN]"}, {"_extra", arrow::utf8(), R"(["no", "{}"])"}});
  ASSERT_TRUE(text.Begin(*rows));
  std::string written;
  text.Append(written, 0);
  text.Append(written, 1);
  EXPECT_EQ(written, R"({"_extra":"no","a":1}{"a":"nan"})");
  EXPECT_EQ(text.Begin(*RowsOf({{"a", arrow::list(arrow::int32()), "[[1]]"}})).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::bronze
