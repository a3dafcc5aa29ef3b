#include "stage/marks.h"

#include <fmt/format.h>

#include "iceberg/manifest.h"
#include "tests/stage/chain.h"

namespace ingot::stage {
namespace {

// Goal:   a mark is found behind commits of other engines.
// Method: a mark, then a snapshot without one.
TEST(Lineage, MarksAreCarriedPastOthers) {
  const auto metadata = Chain({{{"operation", "append"}, {kSourceSnapshotKey, "77"}}, {{"operation", "append"}}});
  EXPECT_EQ(ConsumedSnapshot(metadata), 77);
  EXPECT_FALSE(iceberg::NewestSummary(metadata, "nothing"));
}

// Goal:   the keys of two marks are never mixed, and a mark outlives its snapshot.
// Method: a full mark, a mark of an earlier version with fewer keys, and both as properties.
TEST(Lineage, MarksAreReadAsAWhole) {
  const Mark full{.snapshot = 5,
                  .from = 4,
                  .source_uuid = "uuid",
                  .definition_id = "definition",
                  .program = "1.0",
                  .step_id = "step",
                  .run_id = "run"};
  EXPECT_EQ(MarkIn(ToProperties(full)), full);
  EXPECT_EQ(MarkIn(ToProperties({.snapshot = {}, .step_id = "x"})), (Mark{.step_id = "x"}));
  auto metadata = Chain({ToProperties(full), {{kSourceSnapshotKey, "6"}}});
  EXPECT_EQ(MarkOf(metadata), (Mark{.snapshot = 6}));
  PutMarks(metadata, ToProperties(full));
  PutMarks(metadata, MarksOf(metadata));
  EXPECT_EQ(MarkIn(metadata.properties), (Mark{.snapshot = 6}));
}

// Goal:   a table that another engine replaced as a whole is distinguished from the table that consumed its source.
// Method: a mark in the properties; histories with the mark, with an expired beginning, and with neither; a first
//         snapshot without a parent that has a manifest of an earlier snapshot.
TEST(Lineage, ReplacedTablesAreErrors) {
  const auto storage = storage::MakeMemoryStorage();
  const auto check = [&](iceberg::TableMetadata metadata) {
    PutMarks(metadata, ToProperties({.snapshot = 7}));
    return CheckNotReplaced(metadata, "t", *storage).has_value();
  };
  EXPECT_TRUE(check(Chain({})));
  EXPECT_TRUE(check(Chain({ToProperties({.snapshot = 6}), {}})));
  EXPECT_FALSE(check(Chain({{}, {}})));
  auto expired = Chain({{}, {}});
  expired.snapshots.EraseIf([](const iceberg::Snapshot& snapshot) { return snapshot.snapshot_id == 1; });
  EXPECT_TRUE(check(expired));
  EXPECT_TRUE(CheckNotReplaced(Chain({{}, {}}), "t", *storage));
  // An expiry that also removed the parent id of the snapshot.
  for (const iceberg::SnapshotId writer : {41, 42}) {
    const iceberg::Snapshot oldest{
        .snapshot_id = 42, .sequence_number = 5, .manifest_list = fmt::format("/{}.avro", writer)};
    ASSERT_TRUE(iceberg::WriteManifestList(*storage, oldest.manifest_list, oldest,
                                           {{.location = "m",
                                             .added_snapshot_id = writer,
                                             .added_files = 1,
                                             .existing_files = 0,
                                             .deleted_files = 0,
                                             .added_rows = 1,
                                             .existing_rows = 0,
                                             .deleted_rows = 0}}));
    auto metadata = Chain({});
    iceberg::AddSnapshot(metadata, oldest, "main");
    EXPECT_EQ(check(metadata), writer == 41);
  }
}

}  // namespace
}  // namespace ingot::stage
