#include "iceberg/lineage.h"

#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

TableMetadata Chain(const std::vector<Properties>& summaries) {
  auto metadata = *MakeTableMetadata({.schema = EventSchema(), .location = "x"});
  for (size_t i = 0; i < summaries.size(); ++i)
    AddSnapshot(metadata,
                {.snapshot_id = SnapshotId(i + 1),
                 .parent_id = i > 0 ? std::optional(SnapshotId(i)) : std::nullopt,
                 .sequence_number = SequenceNumber(i + 1),
                 .summary = summaries[i]},
                "main");
  return metadata;
}

// Goal:   appends are consumed once, rewrites passed over, unclear overwrites refused, a lost place said.
// Method: one chain with each operation.
TEST(Lineage, WhatIsLeftToConsume) {
  const auto metadata = Chain(
      {{{"operation", "append"}}, {{"operation", "replace"}}, {{"operation", "append"}}, {{"operation", "delete"}}});
  EXPECT_EQ(SnapshotsToConsume(metadata, std::nullopt, "t")->size(), 2u);
  EXPECT_EQ(SnapshotsToConsume(metadata, 1, "t")->front()->snapshot_id, 3);
  EXPECT_TRUE(SnapshotsToConsume(metadata, 4, "t")->empty());
  EXPECT_EQ(SnapshotsToConsume(metadata, 99, "t").error().kind, ErrorKind::kCorrupt);
  const auto overwritten = Chain({{{"operation", "overwrite"}, {"added-records", "5"}, {"deleted-records", "3"}}});
  EXPECT_EQ(SnapshotsToConsume(overwritten, std::nullopt, "t").error().kind, ErrorKind::kUnsupported);
  auto expired = metadata;
  expired.snapshots.EraseIf([](const Snapshot& snapshot) { return snapshot.snapshot_id == 1; });
  EXPECT_EQ(SnapshotsToConsume(expired, std::nullopt, "t").error().kind, ErrorKind::kCorrupt);
}

// Goal:   marks are found behind the commits of other engines. Method: a mark, then a snapshot without one.
TEST(Lineage, MarksAreCarriedPastOthers) {
  const auto metadata = Chain({{{"operation", "append"}, {kSourceSnapshotKey, "77"}}, {{"operation", "append"}}});
  EXPECT_EQ(ConsumedSnapshot(metadata), 77);
  EXPECT_FALSE(NewestSummary(metadata, "nothing"));
}

}  // namespace
}  // namespace ingot::iceberg
