#include "bronze/flat_scan.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <random>

#include "base/clock.h"
#include "bronze/record_parser.h"

namespace ingot::bronze {
namespace {

const char* const kFields = R"(
  at: {type: timestamptz, unit: ms}
  when: {type: timestamptz, unit: rfc3339}
  id: {type: uuid}
  speed: {type: double, unit: Mbit/s}
  rtt: {type: double, unit: ms, from_unit: us}
  small: {type: float}
  n: {type: long}
  i: {type: int}
  ok: {type: boolean}
  a_name_of_more_than_sixteen_characters: {type: string}
  place: {type: string}
)";

pipeline::Pipeline PipelineOf(const std::string& fields) {
  auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:" + fields + "bronze: {table: b.t}\nsilver: {table: s.t}\n", "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return *pipeline;
}

source::RawBatch Batch(const std::vector<std::string>& records) {
  source::RawBatch batch;
  batch.from = {"t", 0};
  for (const std::string& record : records) {
    batch.records.push_back({.begin = batch.bytes.size(), .size = record.size(), .outside = nullptr});
    batch.bytes += record + "\n";
  }
  batch.bytes.append(source::kPadding, '7');  // these bytes must not be used
  return batch;
}

const std::vector<std::string> kRecords = {
    R"({"at": 1721414400000, "when": "2024-07-19T18:40:00Z", "id": "550e8400-e29b-41d4-a716-446655440000", "speed": 45.23,)"
    R"( "rtt": 2567, "small": 0.5, "n": -9007199254740993, "i": 7, "ok": true,)"
    R"( "a_name_of_more_than_sixteen_characters": "x", "place": "New York"})",
    R"({"place":"São Paulo – 東京","speed":-0.0,"rtt":1234.5678901234567,"n":9223372036854775807,"i":-2147483648,"ok":false})",
    R"( { "speed" : 1e3 , "n" : 1.0 , "place" : "a\"b\\c\u00e9" , "small" : 3.5e38 , "i" : 2147483648 } )",
    R"({"speed":9007199254740993.5,"rtt":0.1,"n":null,"place":null,"ok":null,"when":null,"at":null})",
    R"({"speed":12345678901234567890,"n":-0,"rtt":-0,"place":""})",
    R"({})",
    R"({"speed":0.30000000000000004,"rtt":123456789.123456789})"};

std::shared_ptr<arrow::RecordBatch> Parsed(const pipeline::Pipeline& pipeline,
                                           const std::vector<std::string>& records) {
  return (*RecordParser::Make(pipeline))->Parse(Batch(records), NowMicros())->rows;
}

// Goal:   common records are parsed here, others are left.
// Method: records of both kinds.
TEST(FlatScan, TakesWhatIsCommon) {
  const auto pipeline = PipelineOf(kFields);
  ASSERT_TRUE(FlatScan::Supports(pipeline.fields));
  const FlatScan scan(pipeline.fields);
  std::vector<FieldValue> cells(pipeline.fields.size());
  const auto takes = [&](const std::string& record) {
    const auto batch = Batch({record});
    return scan.Scan(batch.bytes.data(), record.size(), NowMicros(), cells);
  };
  EXPECT_TRUE(takes(kRecords[0]));
  EXPECT_TRUE(takes(kRecords[1]));
  EXPECT_TRUE(takes("{}"));
  for (const char* left : {"",
                           "{",
                           "null",
                           "[]",
                           R"({"speed":1)",
                           R"({"speed":1}x)",
                           R"({"speed":1,})",
                           R"({"speed":01})",
                           R"({"speed":1.})",
                           R"({"speed":.5})",
                           R"({"speed":-})",
                           R"({"speed":"1"})",
                           R"({"other":1})",
                           R"({"speed":1,"speed":2})",
                           R"({"place":"a)",
                           R"({"place":"a\n"})",
                           R"({"ok":truth})",
                           R"({"id":"550e8400-e29b-41d4-a716-44665544000"})",
                           R"({"n":12345678901234567890})",
                           "{\"place\":\"\x01\"}",
                           "{\"place\":\"\xff\"}",
                           R"({"place" "x"})",
                           R"({"n":1 "i":1})"})
    EXPECT_FALSE(takes(left)) << left;
  EXPECT_FALSE(FlatScan::Supports(PipelineOf("\n  a: {type: double, from: $.x.y}\n").fields));
}

// Goal:   the fast path and the general parser agree on every record.
// Method: records, also with bytes changed, dropped, doubled or swapped; each unchanged and with one more key that
//         forces the general parser.
TEST(FlatScan, AgreesWithTheGeneralWay) {
  const auto pipeline = PipelineOf(kFields);
  std::mt19937 random(5);
  std::vector<std::string> plain = kRecords, more;
  const std::string bits = "{}[]\",:\\ 0123456789.eE+-tfn\x01\x80\xc3";
  for (int i = 0; i < 200'000; ++i) {
    std::string record = kRecords[random() % kRecords.size()];
    for (uint32_t changes = 1 + random() % 3; changes > 0 && !record.empty(); --changes) {
      const size_t at = random() % record.size();
      if (random() % 3 == 0)
        record.erase(at, 1 + random() % 3);
      else if (random() % 2)
        record[at] = bits[random() % bits.size()];
      else
        record.insert(at, 1, bits[random() % bits.size()]);
    }
    plain.push_back(record);
  }
  // Only a text that ends as an object with members can get one more and keep its meaning.
  std::erase_if(plain, [](const std::string& record) { return !record.ends_with('}') || !record.contains('"'); });
  for (const std::string& record : plain) more.push_back(record.substr(0, record.size() - 1) + ",\"more\":1}");
  const auto fast = Parsed(pipeline, plain), general = Parsed(pipeline, more);
  const auto errors = fast->GetColumnByName("_error"), general_errors = general->GetColumnByName("_error");
  for (const auto& field : pipeline.fields) {
    const auto a = fast->GetColumnByName(field.name), b = general->GetColumnByName(field.name);
    if (a->Equals(b, arrow::EqualOptions().signed_zeros_equal(false))) continue;
    for (size_t i = 0; i < plain.size(); ++i)
      ASSERT_TRUE(a->RangeEquals(int64_t(i), int64_t(i) + 1, int64_t(i), b)) << field.name << ": " << plain[i];
  }
  for (size_t i = 0; i < plain.size(); ++i)
    ASSERT_EQ(errors->IsNull(int64_t(i)), general_errors->IsNull(int64_t(i))) << plain[i];
}

}  // namespace
}  // namespace ingot::bronze
