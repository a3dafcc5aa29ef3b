#include "gold/aggregate.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

// Goal:   min and max of every ordered type, NaN beyond all numbers. Method: one column each.
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

// Goal:   calls that need the same are kept once. Method: families.
TEST(Aggregate, Families) {
  const auto family = [](const char* text) { return FamilyOf(*pipeline::ParseExpression(text)); };
  EXPECT_EQ(family("avg(x)"), family("stddev(x)"));
  EXPECT_EQ(family("min(x)"), family("max(x)"));
  EXPECT_NE(family("count(x)"), family("count(distinct x)"));
  EXPECT_EQ(family("quantile(x, 0.5)"), family("quantile(x, 0.9)"));
}

}  // namespace
}  // namespace ingot::gold
