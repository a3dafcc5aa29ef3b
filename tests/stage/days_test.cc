#include "stage/days.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace ingot::stage {
namespace {

using iceberg::TypeId;

template <typename Builder, typename Value>
std::shared_ptr<arrow::RecordBatch> Rows(std::shared_ptr<arrow::DataType> type, const std::vector<Value>& values) {
  Builder builder(type, arrow::default_memory_pool());
  EXPECT_TRUE(builder.Append(0).ok());
  for (const Value value : values) EXPECT_TRUE(builder.Append(value).ok());
  EXPECT_TRUE(builder.AppendNull().ok());
  // With an offset, as in a slice of a file.
  const auto column = (*builder.Finish())->Slice(1);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("t", type)}), column->length(), {column});
}

// Goal:   exactly the rows of the days are found, in each type of time, before 1970 too; null has no day.
// Method: the last and first value of the days beside both ends.
TEST(Days, FindsTheirRows) {
  const DaySpan span{.from = -1, .to = 1};
  const int64_t day = kMicrosPerDay;
  const std::vector<bool> wanted{false, true, true, false, false};
  EXPECT_EQ(Days("t", TypeId::kTimestamptz, span)
                .Has(*Rows<arrow::TimestampBuilder, int64_t>(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                                             {-day - 1, -day, 2 * day - 1, 2 * day})),
            wanted);
  EXPECT_EQ(Days("t", TypeId::kTimestampNs, span)
                .Has(*Rows<arrow::TimestampBuilder, int64_t>(
                    arrow::timestamp(arrow::TimeUnit::NANO),
                    {-day * 1000 - 1, -day * 1000, 2 * day * 1000 - 1, 2 * day * 1000})),
            wanted);
  EXPECT_EQ(Days("t", TypeId::kDate, span).Has(*Rows<arrow::Date32Builder, int32_t>(arrow::date32(), {-2, -1, 1, 2})),
            wanted);
}

// Goal:   days are printed as they are typed. Method: one day, several days, a year before 1000.
TEST(Days, AsText) {
  EXPECT_EQ((DaySpan{.from = 19'923, .to = 19'923}.Text()), "2024-07-19");
  EXPECT_EQ((DaySpan{.from = 19'923, .to = 19'925}.Text()), "2024-07-19 to 2024-07-21");
}

pipeline::Pipeline Made(const std::string& partition) {
  return *pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n  t: {type: timestamptz, unit: rfc3339}\n  d: {type: date}\n  s: "
      "{type: string}\n"
      "  c: {type: timestamptz, compute: t}\nbronze: {table: b.t}\nsilver: {table: s.t, "
      "quarantine: s.q, partition: [" +
          partition + "], rules: []}\n",
      "p.yaml");
}

// Goal:   the days of a table are those of the time that partitions it, and other tables are errors with the reason.
// Method: each kind of partition; a computed field.
TEST(Days, OfATable) {
  const auto of = [](const pipeline::Pipeline& pipeline) { return DaysOf(pipeline, pipeline.silver[0], {}); };
  for (const char* partition : {"day(t)", "hour(t)", "month(t)", "s, day(t)"})
    EXPECT_EQ(of(Made(partition))->column(), "t");
  EXPECT_EQ(of(Made("d"))->column(), "d");
  EXPECT_EQ(of(Made("day(_ingested_at)"))->column(), "_ingested_at");
  for (const char* partition : {"", "s", "'bucket(4, t)'", "day(c)"}) {
    const auto none = of(Made(partition));
    ASSERT_FALSE(none) << partition;
    EXPECT_EQ(none.error().kind, ErrorKind::kBadConfig);
    EXPECT_NE(none.error().message.find("s.t"), std::string::npos);
  }
}

}  // namespace
}  // namespace ingot::stage
