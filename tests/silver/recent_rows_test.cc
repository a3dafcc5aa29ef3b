#include "silver/recent_rows.h"

#include <gtest/gtest.h>

namespace ingot::silver {
namespace {

stage::RuleCounts Counts(int64_t rows, int64_t broken) {
  return {.rows = rows, .broken_by_rule = {{"r", broken}}};
}

// Goal:   a few rows are judged together with those published in the last minute, and never with more than necessary.
// Method: three published batches, of which one is old.
TEST(RecentRows, ExtendsFewRows) {
  RecentRows recent;
  constexpr int64_t kNow = 1'000'000'000;
  recent.Add(kNow - kGateMicros - 1, Counts(1000, 500));
  recent.Add(kNow - 20, Counts(40, 2));
  recent.Add(kNow - 10, Counts(30, 1));
  const auto judged = [&](int64_t rows_min) { return recent.With(Counts(4, 4), rows_min, kNow); };
  for (const auto& [rows_min, rows, broken] :
       {std::tuple{4, 4, 4}, {5, 34, 5}, {34, 34, 5}, {35, 74, 7}, {9999, 74, 7}}) {
    EXPECT_EQ(judged(rows_min).rows, rows) << rows_min;
    EXPECT_EQ(judged(rows_min).broken_by_rule["r"], broken) << rows_min;
  }
}

}  // namespace
}  // namespace ingot::silver
