#include "gold/quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

std::string Quantile(Aggregate& aggregate, const std::string& share, std::vector<uint32_t> groups = {0}) {
  const auto call = *pipeline::ParseExpression("quantile(x, " + share + ")");
  const auto value = aggregate.Value(call, groups, 1);
  return value ? Text(**value) : value.error().message;
}

// Goal:   quantiles are those of the sorted values, interpolated, however often they were settled.
// Method: comparison with a plain sort.
TEST(Quantile, AgainstASort) {
  std::mt19937 random(3);
  std::vector<double> all;
  const auto loose = MakeQuantile(), settled = MakeQuantile();
  for (int round = 0; round < 20; ++round) {
    arrow::DoubleBuilder builder;
    for (int i = 0; i < 997; ++i) {
      all.push_back(double(random() % 500) / 4);
      ASSERT_TRUE(builder.Append(all.back()).ok());
    }
    const auto values = *builder.Finish();
    const std::vector<uint32_t> groups(997, 0);
    for (const auto& aggregate : {loose.get(), settled.get()}) ASSERT_TRUE(aggregate->Add(values.get(), groups, 1));
    settled->Settle(std::vector<uint32_t>{0}, 1);
  }
  std::ranges::sort(all);
  for (const double share : {0.0, 0.25, 0.5, 0.95, 1.0}) {
    const double rank = double(all.size() - 1) * share, low = std::floor(rank);
    const double a = all[size_t(low)], b = all[size_t(std::ceil(rank))];
    const std::string expected =
        Text(*ArrayOf(arrow::float64(), "[" + std::to_string(a + (b - a) * (rank - low)) + "]"));
    EXPECT_EQ(Quantile(*loose, std::to_string(share)), expected);
    EXPECT_EQ(Quantile(*settled, std::to_string(share)), expected);
  }
  EXPECT_LT(settled->Bytes(), loose->Bytes() / 10);
}

// Goal:   no values give no quantile; a share must be between 0 and 1.
// Method: an empty group, and 2.
TEST(Quantile, NothingAndNonsense) {
  const auto aggregate = MakeQuantile();
  const auto values = ArrayOf(arrow::int64(), "[null, 4]");
  ASSERT_TRUE(aggregate->Add(values.get(), std::vector<uint32_t>{0, 1}, 2));
  EXPECT_EQ(Quantile(*aggregate, "0.5", {0, 1}), "[null,4]");
  EXPECT_NE(Quantile(*aggregate, "2").find("from 0 to 1"), std::string::npos);
}

}  // namespace
}  // namespace ingot::gold
