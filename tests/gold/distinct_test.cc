#include "gold/distinct.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

std::string Counted(Aggregate& aggregate) {
  return Text(**aggregate.Value(*pipeline::ParseExpression("count(distinct x)"), std::vector<uint32_t>{0, 1}, 2));
}

// Goal:   distinct values of any type are counted once, settled or not, also after a merge.
// Method: two groups.
TEST(Distinct, CountsOnce) {
  const std::vector<uint32_t> groups{0, 0, 0, 1, 1};
  for (const auto& values :
       {ArrayOf(arrow::utf8(), R"(["a", "b", "a", null, "a"])"), ArrayOf(arrow::float64(), "[0.0, 5, -0.0, null, 5]"),
        ArrayOf(arrow::fixed_size_binary(16),
                "[\"0123456789abcdef\", \"0123456789abcdeX\", "
                "\"0123456789abcdef\", null, \"0123456789abcdef\"]")}) {
    const auto aggregate = MakeDistinct(), other = MakeDistinct();
    ASSERT_TRUE(aggregate->Add(values.get(), groups, 2));
    EXPECT_EQ(Counted(*aggregate), "[2,1]");
    aggregate->Settle(std::vector<uint32_t>{0}, 1);
    ASSERT_TRUE(aggregate->Add(values.get(), groups, 2));
    EXPECT_EQ(Counted(*aggregate), "[2,1]");
    ASSERT_TRUE(other->Add(values.get(), groups, 2));
    ASSERT_TRUE(aggregate->Merge(*other, std::vector<uint32_t>{1, 0}, 2));
    EXPECT_EQ(Counted(*aggregate), "[2,2]");
  }
}

}  // namespace
}  // namespace ingot::gold
