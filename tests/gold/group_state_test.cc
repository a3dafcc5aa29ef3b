#include "gold/group_state.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

pipeline::GoldSpec Spec() {
  return pipeline::ParsePipeline(R"(
pipeline: p
source: {files: x}
fields:
  t: {type: timestamptz, unit: us}
  place: {type: string}
  speed: {type: double}
  whole: {type: long}
bronze: {table: b.t}
silver: {table: s.t}
gold:
  - table: g.t
    group: {hour: hour(t), place: place}
    measures:
      rows: count(*)
      speeds: count(speed)
      places: count(distinct speed)
      mean: avg(speed)
      total: sum(whole)
      low: min(place)
      late: max(t)
      high: max(speed)
      spread: stddev(speed)
      middle: quantile(speed, 0.5)
      most: quantile(speed, 0.9)
      fast: share_if(speed > 2)
      fasts: count_if(speed > 2)
      ratio: sum(speed) / count(*)
)",
                                 "f")
      ->gold.at(0);
}

constexpr int64_t kHour = 3'600'000'000;

std::shared_ptr<arrow::RecordBatch> Silver() {
  const std::string one = std::to_string(kHour + 5);
  return RowsOf({{"t", Time(), "[1, 2, 3, 4, " + one + "]"},
                 {"place", arrow::utf8(), R"(["a", "a", "a", "a", "b"])"},
                 {"speed", arrow::float64(), "[1, 3, null, 5, 7]"},
                 {"whole", arrow::int64(), "[1, 2, 3, null, 5]"}});
}

std::string Cell(const arrow::RecordBatch& rows, const char* column, int64_t row) {
  return rows.GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
}

void ExpectMeasures(const arrow::RecordBatch& rows) {
  EXPECT_EQ(rows.num_rows(), 2);
  const std::vector<std::pair<const char*, std::pair<const char*, const char*>>> expected{
      {"hour", {"0", "1"}},      {"place", {"a", "b"}},   {"rows", {"4", "1"}},   {"speeds", {"3", "1"}},
      {"places", {"3", "1"}},    {"total", {"6", "5"}},   {"low", {"a", "b"}},    {"high", {"5", "7"}},
      {"spread", {"2", "null"}}, {"middle", {"3", "7"}},  {"most", {"4.6", "7"}}, {"fast", {"0.5", "1"}},
      {"fasts", {"2", "1"}},     {"ratio", {"2.25", "7"}}};
  for (const auto& [column, values] : expected) {
    EXPECT_EQ(Cell(rows, column, 0), values.first) << column;
    EXPECT_EQ(Cell(rows, column, 1), values.second) << column;
  }
}

// Goal:   each measure has the result of SQL, without nulls.
// Method: two groups computed by hand.
TEST(GroupState, Measures) {
  const GoldPlan plan(Spec());
  GroupState state(plan);
  ASSERT_TRUE(state.Add(Silver(), nullptr));
  ExpectMeasures(**state.Rows(nullptr, 2));
}

// Goal:   states that were built separately, settled or not, give the result of one state.
// Method: rows split over three states.
TEST(GroupState, MergedAndSettled) {
  const GoldPlan plan(Spec());
  GroupState whole(plan);
  for (int64_t begin : {0, 2, 4}) {
    GroupState part(plan);
    ASSERT_TRUE(part.Add(Silver()->Slice(begin, std::min<int64_t>(2, 5 - begin)), nullptr));
    GroupTable all;
    ASSERT_TRUE(all.Number(*part.Touched()));
    ASSERT_TRUE(part.Settle(&all, 1));
    ASSERT_TRUE(whole.Merge(part, nullptr));
    EXPECT_GT(whole.Bytes(), 0u);
  }
  ExpectMeasures(**whole.Rows(nullptr, 1));
  ASSERT_TRUE(whole.Settle(nullptr, 1));
  ExpectMeasures(**whole.Rows(nullptr, 1));
}

// Goal:   only the requested groups are added, merged and returned.
// Method: the second hour alone.
TEST(GroupState, OnlySome) {
  const GoldPlan plan(Spec());
  EXPECT_EQ(plan.touched, std::vector<std::string>{"hour"});
  GroupTable second;
  ASSERT_TRUE(second.Number(RowsOf({{"hour", arrow::int32(), "[1]"}})));
  GroupState some(plan), all(plan), taken(plan);
  ASSERT_TRUE(some.Add(Silver(), &second));
  EXPECT_EQ((*some.Rows(nullptr, 1))->num_rows(), 1);
  ASSERT_TRUE(all.Add(Silver(), nullptr));
  EXPECT_EQ(Cell(**all.Rows(&second, 1), "rows", 0), "1");
  ASSERT_TRUE(taken.Merge(all, &second));
  EXPECT_EQ(Cell(**taken.Rows(nullptr, 1), "high", 0), "7");
}

}  // namespace
}  // namespace ingot::gold
