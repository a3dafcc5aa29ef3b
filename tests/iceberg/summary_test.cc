#include "iceberg/summary.h"

#include "tests/stage/chain.h"

namespace ingot::iceberg {
namespace {

// Goal:   summary values are found behind commits of other engines, and after their snapshots expired.
// Method: a key in the first of two snapshots, a key in the properties, and neither; valid and absent numbers.
TEST(Summary, IsReadFromTheNewestThatHasTheKey) {
  auto metadata = stage::Chain({{{"a", "7"}}, {{"operation", "append"}}});
  metadata.properties = {{"a", "old"}, {"b", "kept"}};
  EXPECT_EQ(NewestSummary(metadata, "a"), "7");
  EXPECT_EQ(NewestSummary(metadata, "b"), "kept");
  EXPECT_FALSE(NewestSummary(metadata, "c"));
  EXPECT_EQ(SummaryNumber(*metadata.SnapshotById(1), "a"), 7);
  EXPECT_EQ(SummaryNumber(*metadata.SnapshotById(2), "a"), 0);
}

// Goal:   only appends leave existing files unchanged.
// Method: each snapshot of a chain with one overwrite as the base.
TEST(Summary, OnlyAppended) {
  const auto metadata =
      stage::Chain({{{"operation", "append"}}, {{"operation", "overwrite"}}, {{"operation", "append"}}});
  EXPECT_TRUE(OnlyAppended(metadata, 3));
  EXPECT_TRUE(OnlyAppended(metadata, 2));
  EXPECT_FALSE(OnlyAppended(metadata, 1));
  EXPECT_FALSE(OnlyAppended(metadata, 9));
}

}  // namespace
}  // namespace ingot::iceberg
