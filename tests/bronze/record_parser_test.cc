#include "bronze/record_parser.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/rows.h"
#include "source/generator.h"

namespace ingot::bronze {
namespace {

source::RawBatch Batch(const std::vector<std::string>& records) {
  source::RawBatch batch;
  batch.from = {"t", 3};
  batch.end = int64_t(records.size());
  for (const std::string& record : records) {
    batch.records.push_back({.begin = batch.bytes.size(),
                             .size = record.size(),
                             .offset = int64_t(batch.records.size()),
                             .outside = nullptr});
    batch.bytes += record + "\n";
  }
  batch.bytes.append(source::kPadding, '\0');
  return batch;
}

std::shared_ptr<arrow::RecordBatch> Parse(const std::string& yaml_fields, const std::vector<std::string>& records) {
  const auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n" + yaml_fields + "bronze: {table: b.t}\nsilver: {table: s.t}\n", "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  const auto parsed = (*RecordParser::Make(*pipeline))->Parse(Batch(records), NowMicros());
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed->rows;
}

std::string Text(const arrow::RecordBatch& rows, const char* column, int64_t row) {
  return rows.GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
}

// Goal:   nested paths, alternatives and indexes from the end find their values.
// Method: two shapes of one record.
TEST(RecordParser, PathsAndAlternatives) {
  const auto rows = Parse(
      "  rtt: {type: double, unit: ms, from_unit: us, from: [\"$.Down.M[-1].Rtt\", \"$.Up.M[0].Rtt\"]}\n  id: {type: "
      "string, from: $.Id}\n",
      {R"({"Id":"a","Down":{"M":[{"Rtt":1},{"Rtt":2500}]}})", R"({"Id":"b","Up":{"M":[{"Rtt":4000}]}, "Down": null})",
       R"({"Id":"c","Down":{"M":[]}})"});
  EXPECT_EQ(Text(*rows, "rtt", 0), "2.5");
  EXPECT_EQ(Text(*rows, "rtt", 1), "4");
  EXPECT_EQ(Text(*rows, "rtt", 2), "null");
  EXPECT_EQ(Text(*rows, "_extra", 0), R"({"Down":{"M":[{"Rtt":1},{"Rtt":2500}]}})");
  EXPECT_EQ(Text(*rows, "_error", 0), "null");
}

// Goal:   rows without a value are counted by field, also where a default hides them; rows that do not fit are not.
// Method: records on the fast and on the general path: a value, null, no member, another type, no JSON.
TEST(RecordParser, CountsNulls) {
  const auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n  a: {type: int}\n  b: {type: string, default: none}\nbronze: {table: "
      "b.t}\nsilver: {table: s.t}\n",
      "f");
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  const auto parsed = *(*RecordParser::Make(*pipeline))
                           ->Parse(Batch({R"({"a":1,"b":"x"})", R"({"a":null,"b":"x"})", R"({"a":2})",
                                          R"({"a":3,"c":{"d":1}})", R"({"a":"text"})", "no JSON", "{}"}),
                                   NowMicros());
  EXPECT_EQ(parsed.errors, 2);
  EXPECT_EQ(parsed.nulls, (std::vector<int64_t>{2, 3}));
}

// Goal:   nothing of a record is lost: numbers keep their digits, and values that no field takes are kept.
// Method: unknown members, alternatives, duplicate keys, numbers beyond 64 bits and beyond a double.
TEST(RecordParser, ExtraKeepsWhatNoFieldTakes) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"id":1,"x": 0.1000 ,"y":1e400,"z":[ 12345678901234567890, -0],"\u0077":-0.0})",
       R"({"x":0.1000,"y":1e400,"z":[12345678901234567890,-0],"\u0077":-0.0})"},
      {R"({"id":1,"user":42})", R"({"user":42})"},
      {R"({"user":42,"id":null})", "null"},
      {R"({"id":1,"user":null})", "null"},
      {R"({"id":1,"id":2})", R"({"id":1})"},
      {R"({"\u0069d":3})", "null"},
      {R"({"deep":{"id":7},"id":null,"user":8})", R"({"deep":{"id":7}})"},
      {R"({"deep":{"id":7,"id":9}})", R"({"deep":{"id":7,"id":9}})"},
  };
  const std::vector<std::string> ids{"1", "1", "42", "1", "2", "3", "8", "9"};
  std::vector<std::string> records;
  for (const auto& [record, extra] : cases) records.push_back(record);
  const auto rows =
      Parse("  id: {type: long, from: [$.id, $.user, $.deep.id]}\n  big: {type: double, from: $.big}\n", records);
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(Text(*rows, "_error", int64_t(i)), "null") << records[i];
    EXPECT_EQ(Text(*rows, "_extra", int64_t(i)), cases[i].second) << records[i];
    EXPECT_EQ(Text(*rows, "id", int64_t(i)), ids[i]) << records[i];
  }
}

// Goal:   a number out of its field's range is reported, but is valid JSON.
// Method: one field of each kind.
TEST(RecordParser, NumbersBeyondTheirField) {
  const auto rows =
      Parse("  d: {type: double}\n  l: {type: long}\n  at: {type: timestamptz, unit: ms}\n",
            {R"({"d":100000000000000000000})", R"({"d":1e400})", R"({"l":9223372036854775808})",
             R"({"l":100000000000000000000})", R"({"at":1721347200000000})", R"({"at":99999999999999999999})",
             R"({"d":18446744073709551616,"l":-9223372036854775808})", R"({"l":-9223372036854775809})"});
  EXPECT_EQ(std::static_pointer_cast<arrow::DoubleArray>(rows->GetColumnByName("d"))->Value(0), 1e20);
  EXPECT_EQ(Text(*rows, "_error", 0), "null");
  EXPECT_EQ(Text(*rows, "_error", 1), "d: expected double, found a number out of range");
  EXPECT_EQ(Text(*rows, "_error", 2), "l: out of the range of a long");
  EXPECT_EQ(Text(*rows, "_error", 3), "l: out of the range of a long");
  EXPECT_EQ(Text(*rows, "_error", 4),
            "at: time out of range: 56517-04-28T00:00:00.000000Z; in us it is 2024-07-19T00:00:00.000000Z");
  EXPECT_EQ(Text(*rows, "_error", 5).substr(0, 22), "at: time out of range:");
  EXPECT_EQ(Text(*rows, "_error", 6), "null");
  EXPECT_EQ(Text(*rows, "_error", 7), "l: out of the range of a long");
}

// Goal:   an integer field rejects a fraction, even if the nearest double has none.
// Method: at the top level, in nested members, in a string, and in a neighboring string.
TEST(RecordParser, FractionsOfWholeFields) {
  const auto rows =
      Parse("  l: {type: long, coerce: true}\n  n: {type: int, from: \"$.o[1].n\"}\n",
            {R"({"l":4503599627370497.5})", R"({"l":1.00000000000000000001})", R"({"l":"1.00000000000000000001"})",
             R"({"n":"1.5","o":[{"n":1.5}, { "n":2, "n" : 1.9999999999999999 }]})", R"({"l":1e-400})",
             R"({"l":5.0,"o":[0.5,{"n":30e-1}]})"});
  for (int64_t row = 0; row < 5; ++row)
    EXPECT_EQ(Text(*rows, "_error", row),
              row == 3 ? "n: expected int, found a number" : "l: expected long, found a number");
  EXPECT_EQ(Text(*rows, "_error", 5), "null");
  EXPECT_EQ(std::static_pointer_cast<arrow::Int64Array>(rows->GetColumnByName("l"))->Value(5), 5);
  EXPECT_EQ(std::static_pointer_cast<arrow::Int32Array>(rows->GetColumnByName("n"))->Value(5), 3);
}

// Goal:   the input that became JSON is the payload, and the reason why it did not is the error.
// Method: two CSV rows, one that does not fit and one that is not a row.
TEST(RecordParser, Originals) {
  source::RawBatch batch = Batch({R"({"n":"x"})", ""});
  batch.original_bytes = "x;1,2";
  batch.originals = {{.begin = 0, .size = 1, .problem = ""}, {.begin = 2, .size = 3, .problem = "no row"}};
  const auto pipeline = *pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n  n: {type: long}\nbronze: {table: b.t}\nsilver: {table: s.t}\n", "f");
  const auto parsed = *(*RecordParser::Make(pipeline))->Parse(batch, NowMicros());
  EXPECT_EQ(parsed.errors, 2);
  const auto payload = std::static_pointer_cast<arrow::BinaryArray>(parsed.rows->GetColumnByName("_payload"));
  EXPECT_EQ(payload->GetView(0), "x");
  EXPECT_EQ(payload->GetView(1), "1,2");
  EXPECT_EQ(Text(*parsed.rows, "_error", 1), "no row");
}

// Goal:   with `payload: all` each record keeps its bytes, and rows of CSV keep how they are read.
// Method: records for the fast path and the general parser, one that does not fit, one without a value; CSV.
TEST(RecordParser, AllPayloads) {
  const auto parse = [](const source::RawBatch& batch, const std::string& source) {
    const auto pipeline = *pipeline::ParsePipeline("pipeline: p\nsource: {files: x" + source +
                                                       "}\nfields: {n: {type: long}}\n"
                                                       "bronze: {table: b.t, payload: all}\nsilver: {table: s.t}\n",
                                                   "f");
    return (*RecordParser::Make(pipeline))->Parse(batch, NowMicros())->rows;
  };
  source::RawBatch batch = Batch({R"({"n":1})", R"({ "n" : 2.0, "x": [ 1 ] })", "no JSON", R"({"n":4})"});
  batch.records[3].absent = true;
  const auto rows = parse(batch, "");
  const auto payload = std::static_pointer_cast<arrow::BinaryArray>(rows->GetColumnByName("_payload"));
  EXPECT_EQ(payload->GetView(0), R"({"n":1})");
  EXPECT_EQ(payload->GetView(1), R"({ "n" : 2.0, "x": [ 1 ] })");
  EXPECT_EQ(payload->GetView(2), "no JSON");
  EXPECT_TRUE(payload->IsNull(3));
  EXPECT_EQ(rows->GetColumnByName("_csv"), nullptr);
  source::RawBatch csv = Batch({R"({"n":"1"})"});
  csv.original_bytes = "1";
  csv.originals = {{.begin = 0, .size = 1, .problem = ""}};
  for (const char* layout : {"", "{}"}) {
    if (*layout != 0) csv.csv_layout = std::make_shared<const std::string>(layout);
    const auto row = *DecodeDictionaries(parse(csv, ", format: csv"));
    EXPECT_EQ(std::static_pointer_cast<arrow::BinaryArray>(row->GetColumnByName("_payload"))->GetView(0), "1");
    EXPECT_EQ(Text(*row, "_csv", 0), *layout == 0 ? "null" : layout);
  }
}

// Goal:   the fast path and the general parser agree.
// Method: generated records, also with defects, each unchanged and with one more key that forces the general parser.
TEST(RecordParser, FastAndGeneralAgree) {
  std::string text;
  source::GenerateRecords({.records = 3000, .dirty = 0.5, .start_micros = NowMicros() - 86'400'000'000}, 0, 3000, text);
  std::vector<std::string> plain, more;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    plain.push_back(text.substr(at, end - at));
    more.push_back(plain.back());
    if (more.back().ends_with('}')) more.back().insert(more.back().size() - 1, ", \"more\": 1");
    at = end + 1;
  }
  const auto pipeline = *pipeline::LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/speedtest.yaml");
  const int64_t now = NowMicros();
  const auto fast = (*RecordParser::Make(pipeline))->Parse(Batch(plain), now),
             general = (*RecordParser::Make(pipeline))->Parse(Batch(more), now);
  EXPECT_EQ(fast->errors, general->errors);
  EXPECT_GT(fast->errors, 100);
  for (const char* column : {"timestamp", "user_id", "upload_speed", "download_speed", "latency", "location", "_error"})
    EXPECT_TRUE(fast->rows->GetColumnByName(column)->Equals(general->rows->GetColumnByName(column))) << column;
}

}  // namespace
}  // namespace ingot::bronze
