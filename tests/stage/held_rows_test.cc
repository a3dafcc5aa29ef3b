#include "stage/held_rows.h"

#include <gtest/gtest.h>

namespace ingot::stage {
namespace {

pipeline::SilverSpec Silver(std::vector<std::optional<double>> limits) {
  pipeline::SilverSpec silver;
  for (size_t i = 0; i < limits.size(); ++i)
    silver.rules.push_back({.name = "r" + std::to_string(i), .check = nullptr, .fail_above = limits[i]});
  return silver;
}

// Goal:   exactly the allowed share does not hold rows back; one more does. Without a limit, or without rows, nothing
// does. Method: every whole percentage of 100 rows, and a limit of 0.
TEST(HeldRows, ALimitIsExceededOnlyAboveIt) {
  for (int64_t percent = 0; percent < 100; ++percent) {
    const auto silver = Silver({double(percent) / 100, std::nullopt});
    const auto exceeded = [&](int64_t broken) {
      return ExceededRules(silver, {.rows = 100, .broken_by_rule = {{"r0", broken}, {"r1", broken}}}).size();
    };
    EXPECT_EQ(exceeded(percent), 0U) << percent;
    EXPECT_EQ(exceeded(percent + 1), 1U) << percent;
  }
  EXPECT_TRUE(ExceededRules(Silver({0.0}), {}).empty());
}

// Goal:   the message says which rule, its share, the limit, how many rows, and what to do.
// Method: one held table.
TEST(HeldRows, Text) {
  const auto silver = Silver({0.05});
  const RuleCounts counts{.rows = 100, .broken_by_rule = {{"r0", 12}}};
  const HeldRows held{
      .table = "s.t", .counts = counts, .rules = {"r0"}, .reasons = {ExceededText(silver.rules[0], counts)}};
  EXPECT_EQ(
      HeldText(held),
      "rule r0: 12 of 100 rows (12.0 %) are broken, more than the 5.0 % allowed: 100 rows are held back from s.t "
      "and its quarantine until the rule or the data is corrected, or `ingot run --publish-anyway` publishes them");
}

}  // namespace
}  // namespace ingot::stage
