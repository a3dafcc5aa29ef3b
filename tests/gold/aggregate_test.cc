#include "gold/aggregate.h"

#include <gtest/gtest.h>

#include "pipeline/evaluate.h"
#include "tests/rows.h"

namespace ingot::gold {
namespace {

// Goal:   min and max work for every ordered type, and NaN is greater than all numbers.
// Method: one column each.
TEST(Aggregate, ExtremesOfEveryType) {
  const auto extremes = [](const std::shared_ptr<arrow::Array>& values) {
    const auto low = *pipeline::ParseExpression("min(x)"), high = *pipeline::ParseExpression("max(x)");
    const auto aggregate = *MakeAggregate(low, values->type());
    EXPECT_TRUE(aggregate->Add(values.get(), std::vector<uint32_t>(size_t(values->length()), 0), 2));
    const std::vector<uint32_t> groups{0, 1};
    return Text(**aggregate->Value(low, groups, 1)) + Text(**aggregate->Value(high, groups, 1));
  };
  EXPECT_EQ(extremes(ArrayOf(arrow::int64(), "[3, null, -4]")), "[-4,null][3,null]");
  EXPECT_EQ(extremes(ArrayOf(arrow::float64(), "[3, NaN, -4]")), "[-4,null][nan,null]");
  EXPECT_EQ(extremes(ArrayOf(arrow::utf8(), R"(["b", "a", null])")), "[a,null][b,null]");
  EXPECT_EQ(extremes(ArrayOf(arrow::boolean(), "[true, false]")), "[false,null][true,null]");
  EXPECT_EQ(extremes(ArrayOf(arrow::date32(), "[1, 0]")), "[1970-01-01,null][1970-01-02,null]");
  EXPECT_EQ(extremes(ArrayOf(Time(), "[1, 0]")).find("1970-01-01 00:00:00.000000"), 1u);
  EXPECT_EQ(MakeAggregate(*pipeline::ParseExpression("min(x)"), arrow::list(arrow::int64())).error().kind,
            ErrorKind::kUnsupported);
}

// Goal:   calls that need the same state share it.
// Method: pairs of aggregates.
TEST(Aggregate, WhatIsShared) {
  const auto kept = [](const char* text) {
    return ComputationOf(pipeline::AggregateOf(*pipeline::ParseExpression(text))).index();
  };
  EXPECT_EQ(kept("avg(x)"), kept("stddev(x)"));
  EXPECT_EQ(kept("min(x)"), kept("max(x)"));
  EXPECT_NE(kept("count(x)"), kept("count(distinct x)"));
  EXPECT_NE(kept("count(x)"), kept("count_if(x)"));
}

// Goal:   the example of each aggregate has the documented result, in one part and merged from two.
// Method: all rows of pipeline/functions.cc over the sample rows.
TEST(Aggregate, ExamplesAreTrue) {
  const auto numbers = ArrayOf(arrow::int64(), std::string(pipeline::kSampleNumbers));
  for (const pipeline::Function& function : pipeline::Functions()) {
    if (!function.IsAggregate()) continue;
    const auto call = *pipeline::ParseExpression(function.example);
    const bool rows_alone = call.arguments[0].kind == pipeline::Expression::Kind::kStar;
    for (const int64_t first : {0, 2}) {
      std::unique_ptr<Aggregate> parts[2];
      for (const int64_t part : {0, 1}) {
        const auto slice = part == 0 ? numbers->Slice(0, first) : numbers->Slice(first);
        const auto rows =
            arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}), slice->length(), {slice});
        const auto values = rows_alone ? slice : *pipeline::Evaluate(call.arguments[0], *rows);
        parts[part] = *MakeAggregate(call, values->type());
        const std::vector<uint32_t> groups(size_t(slice->length()), 0);
        ASSERT_TRUE(parts[part]->Add(rows_alone ? nullptr : values.get(), groups, 1));
      }
      ASSERT_TRUE(parts[0]->Merge(*parts[1], std::vector<uint32_t>{0}, 1));
      EXPECT_EQ(Text(**parts[0]->Value(call, std::vector<uint32_t>{0}, 1)), "[" + std::string(function.result) + "]")
          << function.example;
    }
  }
}

}  // namespace
}  // namespace ingot::gold
