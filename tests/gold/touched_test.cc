#include "gold/touched.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

pipeline::GoldSpec Grouped(const std::string& groups) {
  return pipeline::ParsePipeline(
             "pipeline: p\nsource: {files: x}\nfields:\n  t: {type: timestamptz, unit: us}\nbronze: "
             "{table: b.t}\nsilver: {table: s.t}\ngold:\n  - {table: g.t, group: {" +
                 groups + "}, measures: {n: count(*)}}\n",
             "f")
      ->gold.at(0);
}

// Goal:   adjacent hours become one range of silver, and days a list for gold.
// Method: three hours of two days.
TEST(Touched, Ranges) {
  const auto spec = Grouped("day: date(t), hour: hour(t)");
  const auto touched = RowsOf({{"day", arrow::date32(), "[0, 0, 1]"}, {"hour", arrow::int32(), "[22, 23, 5]"}});
  const iceberg::Filter filter = SilverFilter(spec, *touched);
  ASSERT_EQ(filter.children.size(), 2u);
  EXPECT_EQ(filter.children[0].children[0].values[0], iceberg::Value(int64_t(22 * 3'600'000'000)));
  EXPECT_EQ(filter.children[0].children[1].values[0], iceberg::Value(int64_t(24 * 3'600'000'000)));
  EXPECT_EQ(GoldFilter(spec, *touched).values.size(), 2u);
}

// Goal:   everything is read without a date, or when some rows have none.
// Method: both cases.
TEST(Touched, Everything) {
  const auto touched = RowsOf({{"day", arrow::date32(), "[null]"}, {"hour", arrow::int32(), "[null]"}});
  EXPECT_EQ(SilverFilter(Grouped("day: date(t), hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
  EXPECT_EQ(SilverFilter(Grouped("hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
  EXPECT_EQ(GoldFilter(Grouped("hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
}

// Goal:   a day has all its hours, and tables without days report an error.
// Method: the shipped table, and one without the date.
TEST(Touched, GroupsOfDay) {
  pipeline::GoldSpec spec =
      pipeline::LoadPipeline(std::string(INGOT_SOURCE_DIR) + "/pipelines/speedtest.yaml")->gold[0];
  const auto groups = GroupsOfDay(spec, 19'923);
  ASSERT_TRUE(groups) << groups.error().message;
  EXPECT_EQ(DayFieldOf(spec), "timestamp");
  EXPECT_EQ((*groups)->num_rows(), 24);
  EXPECT_EQ((*groups)->GetColumnByName("date")->GetScalar(23).ValueOrDie()->ToString(), "2024-07-19");
  EXPECT_EQ((*groups)->GetColumnByName("hour")->GetScalar(23).ValueOrDie()->ToString(), "23");
  std::erase_if(spec.group, [](const auto& group) { return group.name == "hour"; });
  EXPECT_EQ((*GroupsOfDay(spec, 0))->num_rows(), 1);
  std::erase_if(spec.group, [](const auto& group) { return group.name == "date"; });
  EXPECT_EQ(GroupsOfDay(spec, 0).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(DayFieldOf(spec), "");
}

}  // namespace
}  // namespace ingot::gold
