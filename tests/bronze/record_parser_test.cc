#include "bronze/record_parser.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/clock.h"
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

// Goal:   nested paths, alternatives and places from the end. Method: two shapes of one fact.
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

// Goal:   the fast way and the general way agree. Method: generated records, dirty ones too, each plain and with one
// more key
//         that sends it the general way.
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
