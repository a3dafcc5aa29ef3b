#include "stage/sample.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <limits>

namespace ingot::stage {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(const std::vector<std::optional<Value>>& values) {
  Builder builder;
  for (const auto& value : values) (void)(value ? builder.Append(*value) : builder.AppendNull());
  return *builder.Finish();
}

// Goal:   the sample has the first and the last part, and never more than asked for.
// Method: counts below, at and above the limit.
TEST(Sample, Spread) {
  EXPECT_EQ(Spread(0, 3), std::vector<size_t>());
  EXPECT_EQ(Spread(2, 3), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(Spread(100, 3), (std::vector<size_t>{0, 49, 99}));
  EXPECT_EQ(Spread(100, 1), std::vector<size_t>{0});
}

// Goal:   values differ exactly if they are not equal, also between columns of different types; floating-point numbers
//         may differ by rounding.
// Method: pairs of rows in columns of doubles, integers and text.
TEST(Sample, SameValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto doubles = Column<arrow::DoubleBuilder, double>({1.0, 1.0 + 1e-13, 1.1, nan, std::nullopt, 5});
  const auto longs = Column<arrow::Int64Builder, int64_t>({1, 5, std::nullopt});
  const auto ints = Column<arrow::Int32Builder, int32_t>({1, 5, std::nullopt});
  const auto texts = Column<arrow::StringBuilder, std::string>({"1", "5", std::nullopt});
  EXPECT_TRUE(SameValue(*doubles, 0, *doubles, 1, 1e-12));
  EXPECT_FALSE(SameValue(*doubles, 0, *doubles, 1, 0));
  EXPECT_FALSE(SameValue(*doubles, 0, *doubles, 2, 1e-12));
  EXPECT_TRUE(SameValue(*doubles, 3, *doubles, 3, 0));
  EXPECT_FALSE(SameValue(*doubles, 3, *doubles, 0, 1e-12));
  EXPECT_FALSE(SameValue(*doubles, 4, *doubles, 0, 1e-12));
  EXPECT_TRUE(SameValue(*doubles, 4, *texts, 2, 0));
  EXPECT_TRUE(SameValue(*doubles, 5, *longs, 1, 0));
  EXPECT_TRUE(SameValue(*ints, 1, *longs, 1, 0));
  EXPECT_FALSE(SameValue(*ints, 0, *longs, 1, 0));
  EXPECT_FALSE(SameValue(*texts, 0, *texts, 1, 0));
}

// Goal:   a difference reads as a sentence. Method: a row with other values, and one that would move.
TEST(Sample, Text) {
  EXPECT_EQ(ToText({.name = "row a/0/17",
                    .before = {.table = "s.t", .rules = {}, .values = {{"speed", "4.5"}, {"unit", "null"}}},
                    .after = {.table = "s.t", .rules = {}, .values = {{"speed", "4500"}, {"unit", "kbit"}}}}),
            "row a/0/17: speed is 4.5, and would be 4500; unit is null, and would be kbit");
  EXPECT_EQ(ToText({.name = "row a/0/17",
                    .before = {.table = "s.t", .rules = {}, .values = {}},
                    .after = {.table = "q.t", .rules = {"fast", "small"}, .values = {}}}),
            "row a/0/17: is in s.t, and would be in q.t (fast, small)");
  EXPECT_EQ(ToText({.name = "group day=1", .before = {}, .after = {.table = "g.t", .rules = {}, .values = {}}}),
            "group day=1: is in no table, and would be in g.t");
}

}  // namespace
}  // namespace ingot::stage
