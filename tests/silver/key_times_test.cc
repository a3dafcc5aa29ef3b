#include "silver/key_times.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::silver {
namespace {

pipeline::Pipeline Keyed(const std::string& key) {
  return *pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields:\n  t: {type: timestamptz, unit: us}\n  id: {type: long}\nbronze: "
      "{table: "
      "b.t}\nsilver: {table: s.t, partition: day(t), unique: {key: " +
          key + "}}\n",
      "f");
}

KeyTimes TimesOf(const pipeline::Pipeline& pipeline) {
  return {pipeline, pipeline.silver[0]};
}

// Goal:   the search covers exactly the hours that have rows.
// Method: rows of two hours and a null, files around them.
TEST(KeyTimes, RangesByHour) {
  KeyTimes times = TimesOf(Keyed("[id, t]")), others = TimesOf(Keyed("[id, t]"));
  times.Add(*RowsOf({{"id", arrow::int64(), "[1, 2, 3]"}, {"t", Time(), "[10, 3600000500, 20]"}}));
  others.Add(*RowsOf({{"id", arrow::int64(), "[1, 2]"}, {"t", Time(), "[-5, null]"}}));
  EXPECT_EQ(times.Filter().children.size(), 2u);
  times.Merge(others);
  const iceberg::Filter filter = times.Filter();
  ASSERT_EQ(filter.children.size(), 4u);  // three hours, and nulls
  EXPECT_EQ(filter.children[0].children[0].values[0], iceberg::Value(int64_t(-5)));
  EXPECT_EQ(filter.children[1].children[1].values[0], iceberg::Value(int64_t(20)));
  EXPECT_EQ(filter.children[3].op, iceberg::FilterOp::kIsNull);
}

// Goal:   a key without the partition's time does not limit the search.
// Method: such a key.
TEST(KeyTimes, NoTimeNoBounds) {
  KeyTimes times = TimesOf(Keyed("[id]"));
  times.Add(*RowsOf({{"id", arrow::int64(), "[1]"}}));
  EXPECT_EQ(times.Filter().op, iceberg::FilterOp::kTrue);
}

}  // namespace
}  // namespace ingot::silver
