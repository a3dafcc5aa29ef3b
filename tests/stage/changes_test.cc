#include "stage/changes.h"

#include "maintain/retention.h"
#include "tests/stage/chain.h"

namespace ingot::stage {
namespace {

Mark Consumed(iceberg::SnapshotId id) {
  return {.snapshot = id};
}

// Goal:   appends are consumed once. Compaction and retention are not changes; every other operation is one.
// Method: a chain of one append and one operation, with the counts that engines write.
TEST(Changes, OperationsOfOtherEngines) {
  const std::pair<iceberg::Properties, std::pair<size_t, bool>> cases[] = {
      {{{"operation", "append"}, {"added-records", "5"}}, {1, false}},
      {{}, {1, false}},
      {{{"operation", "append"}, {"added-delete-files", "1"}}, {0, true}},
      {{{"operation", "append"}, {"deleted-records", "1"}}, {0, true}},
      {{{"operation", "replace"}, {"added-records", "5"}, {"deleted-records", "5"}}, {0, false}},
      {{{"operation", "replace"}, {"added-records", "4"}, {"deleted-records", "5"}}, {0, false}},
      {{{"operation", "replace"}, {"added-records", "6"}, {"deleted-records", "5"}}, {0, true}},
      {{{"operation", "delete"}, {"deleted-records", "5"}}, {0, true}},
      {{{"operation", "delete"}, {"deleted-records", "5"}, {maintain::kRetentionKey, "x"}}, {0, false}},
      {{{"operation", "overwrite"}, {"added-records", "5"}, {"deleted-records", "5"}}, {0, true}},
      {{{"operation", "overwrite"}, {"added-records", "5"}}, {0, true}},
  };
  for (const auto& [summary, expected] : cases) {
    const auto metadata = Chain({{{"operation", "append"}}, summary});
    const auto changes = ChangesSince(metadata, Consumed(1), "t");
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ(std::pair(changes->appends.size(), changes->rewritten), expected) << changes->rewriter;
    EXPECT_EQ(changes->only_added, !changes->rewritten && !summary.contains(maintain::kRetentionKey));
  }
}

// Goal:   a consumer proceeds past an erasure. Rows that it had not consumed before are read from the erased files.
// Method: an erasure directly after the consumed snapshot, and after an append that was not consumed.
TEST(Changes, Erasures) {
  const iceberg::Properties append{{"operation", "append"}};
  const iceberg::Properties erasure{{"operation", "overwrite"}, {"deleted-records", "1"}, {kErasedKey, "true"}};
  const auto metadata = Chain({append, erasure, append, erasure});
  const auto consumed = ChangesSince(metadata, Consumed(1), "t", 2);
  EXPECT_TRUE(consumed->erased && !consumed->rewritten && !consumed->Empty() && !consumed->only_added);
  const auto later = ChangesSince(metadata, Consumed(1), "t", 3);
  EXPECT_EQ(later->appends.size(), 1u);
  EXPECT_FALSE(later->rewritten);
  EXPECT_TRUE(ChangesSince(metadata, Consumed(2), "t")->rewritten);
  EXPECT_TRUE(ChangesSince(metadata, Consumed(4), "t")->Empty());
}

// Goal:   a lost position is an error with its reason. The first snapshots may have expired before a first run.
// Method: a mark of another table, a mark outside of the history, and a history without its beginning.
TEST(Changes, LostPositionsAreErrors) {
  const auto metadata = Chain({{{"operation", "append"}}, {{"operation", "append"}}});
  EXPECT_EQ(ChangesSince(metadata, {}, "t")->appends.size(), 2u);
  EXPECT_EQ(ChangesSince(metadata, {}, "t", 1)->appends.size(), 1u);
  EXPECT_TRUE(ChangesSince(metadata, Consumed(2), "t")->Empty());
  EXPECT_EQ(ChangesSince(metadata, Consumed(99), "t").error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(ChangesSince(metadata, {.snapshot = 1, .source_uuid = metadata.table_uuid}, "t"));
  const auto other = ChangesSince(metadata, {.snapshot = 1, .source_uuid = "another"}, "t");
  EXPECT_NE(other.error().message.find("dropped and recreated"), std::string::npos);
  auto expired = metadata;
  expired.snapshots.EraseIf([](const iceberg::Snapshot& snapshot) { return snapshot.snapshot_id == 1; });
  EXPECT_TRUE(ChangesSince(expired, {}, "t")->rewritten);
}

// Goal:   a comparison of two states never includes a retention, whose rows are not deleted ones.
// Method: a chain in which rows are rewritten before and after retention; each part is consumed, until none is left.
TEST(Changes, EndBeforeRetention) {
  const iceberg::Properties append{{"operation", "append"}}, rewrite{{"operation", "overwrite"}},
      compaction{{"operation", "replace"}}, retention{{"operation", "delete"}, {maintain::kRetentionKey, "x"}};
  const auto metadata =
      Chain({append, append, rewrite, compaction, retention, retention, append, retention, compaction, rewrite});
  struct Part {
    iceberg::SnapshotId since, compared_with, until;
    bool rewritten, more;
  };
  for (const Part& part : {Part{1, 1, 4, true, true}, {4, 6, 7, false, true}, {7, 9, 10, true, false}}) {
    const auto changes = *ChangesSince(metadata, Consumed(part.since), "t");
    EXPECT_EQ(changes.compared_with, part.compared_with);
    EXPECT_EQ(changes.until, part.until);
    EXPECT_EQ(std::pair(changes.rewritten, changes.more), std::pair(part.rewritten, part.more));
    EXPECT_NE(changes.rewriter, "");
    EXPECT_FALSE(changes.only_added);
    EXPECT_FALSE(changes.Empty());
  }
  EXPECT_TRUE(ChangesSince(metadata, Consumed(10), "t")->Empty());
  EXPECT_EQ(ChangesSince(Chain({append, append, rewrite, append, append}), Consumed(1), "t")->rewrites,
            (std::vector<iceberg::SequenceNumber>{3, 4}));
}

std::vector<std::string> Files(const Result<rows::ScanPlan>& plan) {
  std::vector<std::string> files;
  for (const rows::FileTask& task : plan->tasks) files.push_back(task.file.location);
  std::ranges::sort(files);
  return files;
}

// Goal:   the plans have the files that were added and removed between two snapshots, whatever happened between them.
// Method: two files; one is consumed, then one snapshot replaces both with two others.
TEST(Changes, TheDifferenceOfTwoStates) {
  iceberg::Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
  const auto file = [](const std::string& location) {
    return iceberg::DataFile{.location = location, .format = "PARQUET", .record_count = 3, .file_bytes = 100};
  };
  table = *iceberg::CommitSnapshot(table.home, {.added = {file("a"), file("b")}});
  const iceberg::SnapshotId consumed = *table.metadata->current_snapshot_id;
  iceberg::SnapshotChange overwrite{.operation = "overwrite", .added = {file("c"), file("d")}};
  overwrite.removes = [](const iceberg::DataFile& one) -> Result<bool> { return one.location == "a"; };
  table = *iceberg::CommitSnapshot(table.home, overwrite);
  table = *iceberg::CommitSnapshot(table.home, {.added = {file("e")}});
  const auto changes = *ChangesSince(*table.metadata, Consumed(consumed), "t");
  const auto& metadata = *table.metadata;
  EXPECT_EQ(Files(PlanAdded(*table.home.storage, metadata, changes, {})), (std::vector<std::string>{"c", "d", "e"}));
  EXPECT_EQ(Files(PlanRemoved(*table.home.storage, metadata, changes, {})), std::vector<std::string>{"a"});
  const auto difference = *PlanDifference(*table.home.storage, metadata, changes, {});
  EXPECT_EQ(Files(difference.before), std::vector<std::string>{"a"});
  EXPECT_EQ(Files(difference.after), (std::vector<std::string>{"c", "d", "e"}));
  const auto all = *ChangesSince(metadata, {}, "t");
  EXPECT_EQ(Files(PlanAdded(*table.home.storage, metadata, all, {})), (std::vector<std::string>{"b", "c", "d", "e"}));
  EXPECT_TRUE(Files(PlanRemoved(*table.home.storage, metadata, all, {})).empty());
}

}  // namespace
}  // namespace ingot::stage
