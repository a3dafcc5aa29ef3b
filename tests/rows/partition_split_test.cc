#include "rows/partition_split.h"

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   the fast path for days and the general path give equal groups.
// Method: a day spec, and the same with a second field.
TEST(PartitionSplit, FastAndGeneralAgree) {
  const auto batch = Events(0, 5000);
  const auto days = *PartitionSplitter::Make(
                         {.fields = {{.source_id = 2, .transform = *iceberg::ParseTransform("day")}}}, EventSchema())
                         ->Split(batch);
  const auto both = *PartitionSplitter::Make({.fields = {{.source_id = 2, .transform = *iceberg::ParseTransform("day")},
                                                         {.source_id = 3, .transform = {}}}},
                                             EventSchema())
                         ->Split(batch);
  EXPECT_EQ(days.size(), 4u);
  EXPECT_EQ(both.size(), 20u);
  std::map<int32_t, int64_t> rows_by_day, rows_by_both;
  for (const auto& part : days) rows_by_day[std::get<int32_t>(part.partition[0])] += part.rows->num_rows();
  for (const auto& part : both) rows_by_both[std::get<int32_t>(part.partition[0])] += part.rows->num_rows();
  EXPECT_EQ(rows_by_day, rows_by_both);
}

// Goal:   a batch of one partition is not copied.
// Method: the same batch is returned.
TEST(PartitionSplit, OnePartitionIsNotCopied) {
  const auto batch = Events(0, 100);
  const auto parts = *PartitionSplitter::Make(
                          {.fields = {{.source_id = 2, .transform = *iceberg::ParseTransform("day")}}}, EventSchema())
                          ->Split(batch);
  EXPECT_EQ(parts.at(0).rows, batch);
  EXPECT_FALSE(PartitionSplitter::Make({.fields = {{.source_id = 99, .transform = {}}}}, EventSchema()));
}

}  // namespace
}  // namespace ingot::rows
