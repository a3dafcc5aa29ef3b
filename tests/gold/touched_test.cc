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

// Goal:   neighbouring hours become one range of silver, days a list for gold. Method: three hours of two days.
TEST(Touched, Ranges) {
  const auto spec = Grouped("day: date(t), hour: hour(t)");
  const auto touched = RowsOf({{"day", arrow::date32(), "[0, 0, 1]"}, {"hour", arrow::int32(), "[22, 23, 5]"}});
  const iceberg::Filter filter = SilverFilter(spec, *touched);
  ASSERT_EQ(filter.children.size(), 2u);
  EXPECT_EQ(filter.children[0].children[0].values[0], iceberg::Value(int64_t(22 * 3'600'000'000)));
  EXPECT_EQ(filter.children[0].children[1].values[0], iceberg::Value(int64_t(24 * 3'600'000'000)));
  EXPECT_EQ(GoldFilter(spec, *touched).values.size(), 2u);
}

// Goal:   without a date, or with rows that have none, everything is read. Method: both.
TEST(Touched, Everything) {
  const auto touched = RowsOf({{"day", arrow::date32(), "[null]"}, {"hour", arrow::int32(), "[null]"}});
  EXPECT_EQ(SilverFilter(Grouped("day: date(t), hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
  EXPECT_EQ(SilverFilter(Grouped("hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
  EXPECT_EQ(GoldFilter(Grouped("hour: hour(t)"), *touched).op, iceberg::FilterOp::kTrue);
}

}  // namespace
}  // namespace ingot::gold
