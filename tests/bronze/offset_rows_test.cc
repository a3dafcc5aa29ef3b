#include "bronze/offset_rows.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   there is one row per snapshot and partition, with an operator's resets; snapshots of other engines have none.
// Method: three snapshots, one of another engine and one with a reset; then an invalid one.
TEST(OffsetRows, RangesAndResets) {
  iceberg::TableMetadata metadata;
  metadata.snapshots = {
      {.snapshot_id = 1, .sequence_number = 1, .summary = {{"ingot.offset-ranges", R"({"t":{"0":[0,5],"1":[0,7]}})"}}},
      {.snapshot_id = 2, .sequence_number = 2, .summary = {{"operation", "append"}}},
      {.snapshot_id = 3,
       .sequence_number = 3,
       .summary = {{"ingot.offset-ranges", R"({"t":{"0":[9,12]}})"},
                   {"ingot.offset-resets", R"([{"topic":"t","partition":0,"from":5,"to":9,"reason":"r"}])"}}}};
  const Relation rows = *OffsetRows(metadata);
  const auto batch = *(*(*rows.open({1, 4, 5, 6, 7})).at(0)())->Next();
  ASSERT_EQ(batch->num_rows(), 3);
  const auto cell = [&](int column, int64_t row) {
    return batch->column(column)->GetScalar(row).ValueOrDie()->ToString();
  };
  EXPECT_EQ(cell(0, 2) + " " + cell(1, 2) + " " + cell(2, 2) + " " + cell(3, 2) + " " + cell(4, 2), "3 0 9 12 5");
  EXPECT_EQ(cell(4, 0), "null");
  metadata.snapshots = {{.snapshot_id = 1, .summary = {{"ingot.offset-ranges", R"({"t":{"0":[0]}})"}}}};
  EXPECT_EQ(OffsetRows(metadata).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot::bronze
