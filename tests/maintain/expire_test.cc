#include "maintain/expire.h"

#include "iceberg/journal.h"
#include "maintain/orphans.h"
#include "rows/scan.h"
#include "stage/marks.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::SnapshotId;
using iceberg::Table;
using rows::MemoryCatalog;

constexpr const char* kData = "file:///w/t/data";
const ExpireOptions kAll{.max_age_ms = 0, .retain_last = {}};

int64_t Rows(const Table& table) {
  return rows::PlanScan(*table.home.storage, *table.metadata, {})->RecordCount();
}

Table MakeTable() {
  return rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>());
}

/// Five appends; then the first two files are replaced by one.
Table WithHistory(iceberg::Properties summary = {}) {
  Table table = MakeTable();
  for (int i = 0; i < 5; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  std::vector<std::string> gone;
  for (const auto& task : rows::Tasks(table))
    if (task.sequence_number <= 2) gone.push_back(task.file.location);
  return *iceberg::CommitSnapshot(table.home, {.operation = "replace",
                                               .added = rows::WriteEvents(table, 0, 20),
                                               .removes = [gone](const iceberg::DataFile& file) -> Result<bool> {
                                                 return std::ranges::find(gone, file.location) != gone.end();
                                               },
                                               .summary = std::move(summary)});
}

// Goal:   exactly the files that only expired snapshots need are deleted.
// Method: replace two files of five, expire all but the newest snapshot, count rows and files; a second run has nothing
//         to do.
TEST(ExpireSnapshots, DeletesUnneededFiles) {
  const Table table = WithHistory();
  EXPECT_EQ(table.home.storage->List(kData)->size(), 6u);
  const auto planned =
      ExpireSnapshots(table.home, {.max_age_ms = 0, .retain_last = {}, .dry_run = true}, stage::KeepMarks);
  EXPECT_EQ(planned->snapshots, 5);
  EXPECT_EQ(planned->data_files, 2);
  EXPECT_EQ(table.home.storage->List(kData)->size(), 6u);
  const auto expired = ExpireSnapshots(table.home, kAll, stage::KeepMarks);
  ASSERT_TRUE(expired) << expired.error().message;
  EXPECT_EQ(expired->snapshots, 5);
  EXPECT_EQ(expired->data_files, 2);
  EXPECT_EQ(expired->manifest_lists, 5);
  const Table left = *iceberg::LoadTable(table.home);
  EXPECT_EQ(left.metadata->snapshots.size(), 1u);
  EXPECT_EQ(left.metadata->snapshot_log.size(), 1u);
  EXPECT_EQ(Rows(left), 50);
  EXPECT_EQ(table.home.storage->List(kData)->size(), 4u);
  EXPECT_EQ(RemoveOrphans(table.home, {.older_than_ms = 0, .dry_run = true, .other_tables = {}})->files.size(), 0u);
  EXPECT_EQ(ExpireSnapshots(table.home, kAll, stage::KeepMarks)->snapshots, 0);
}

// Goal:   the retention policy of the specification is applied.
// Method: counts, ages, a tag, a branch, an expired ref.
TEST(ExpireSnapshots, AppliesTheRetentionPolicy) {
  Table table = WithHistory();
  const SnapshotId second = table.metadata->snapshots[1].snapshot_id, third = table.metadata->snapshots[2].snapshot_id;
  table = *iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& metadata) -> Status {
    INGOT_TRY(iceberg::SetRef(metadata, "month-end", {.snapshot_id = second, .type = "tag"}));
    INGOT_TRY(iceberg::SetRef(metadata, "brief", {.snapshot_id = third, .type = "tag", .max_ref_age_ms = -1}));
    return {};
  });
  const auto expired = ExpireSnapshots(table.home, {.max_age_ms = 0, .retain_last = 2}, stage::KeepMarks);
  EXPECT_EQ(expired->snapshots, 3);  // keeps the newest two and the tagged one
  EXPECT_EQ(expired->refs, 1);
  const Table left = *iceberg::LoadTable(table.home);
  EXPECT_TRUE(left.metadata->refs.contains("month-end"));
  EXPECT_FALSE(left.metadata->refs.contains("brief"));
  EXPECT_EQ(rows::PlanScan(*left.home.storage, *left.metadata, {.snapshot_id = second})->RecordCount(), 20);
  EXPECT_EQ(left.home.storage->List(kData)->size(), 6u);
  EXPECT_EQ(ExpireSnapshots(table.home, {}, stage::KeepMarks)->snapshots, 0);  // all are younger than five days
}

// Goal:   snapshots that others have not consumed, or are reading, stay.
// Method: a sequence number and a snapshot id.
TEST(ExpireSnapshots, KeepsSnapshotsThatOthersNeed) {
  const Table table = WithHistory();
  const SnapshotId first = table.metadata->snapshots[0].snapshot_id;
  EXPECT_EQ(ExpireSnapshots(table.home, {.max_age_ms = 0, .retain_last = {}, .keep_from = 4, .keep = {first}},
                            stage::KeepMarks)
                ->snapshots,
            2);
  const Table left = *iceberg::LoadTable(table.home);
  EXPECT_NE(left.metadata->SnapshotById(first), nullptr);
  EXPECT_EQ(left.metadata->snapshots.size(), 4u);
}

// Goal:   marks outlive the snapshots that contain them.
// Method: the snapshot with the mark expires after a commit of another engine. Marks are then read from the properties;
//         a newer snapshot with a mark takes precedence.
TEST(ExpireSnapshots, MarksOutliveTheirSnapshots) {
  Table table = WithHistory({{stage::kOffsetsKey, R"({"t":{"0":7}})"},
                             {stage::kSourceSnapshotKey, "42"},
                             {std::string(stage::kLedgerKey) + "b.t", "3"}});
  table = rows::Append(table, 100, 101);
  const auto before = stage::MarksOf(*table.metadata);
  EXPECT_EQ(ExpireSnapshots(table.home, kAll, stage::KeepMarks)->snapshots, 6);
  table = *iceberg::LoadTable(table.home);
  EXPECT_EQ(stage::MarksOf(*table.metadata), before);
  EXPECT_EQ(stage::ConsumedSnapshot(*table.metadata), 42);
  table = *iceberg::CommitSnapshot(table.home, {.summary = {{stage::kSourceSnapshotKey, "43"}}});
  EXPECT_EQ(stage::ConsumedSnapshot(*table.metadata), 43);
}

// Goal:   a table whose files belong to others is not touched.
// Method: gc.enabled=false.
TEST(ExpireSnapshots, RespectsGcEnabled) {
  const Table table =
      rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(), {}, {{"gc.enabled", "false"}});
  EXPECT_EQ(ExpireSnapshots(table.home, kAll, stage::KeepMarks).error().kind, ErrorKind::kBadConfig);
  EXPECT_EQ(RemoveOrphans(table.home, {}).error().kind, ErrorKind::kBadConfig);
}

// Goal:   a file that is still referenced by another spelling of its location stays.
// Method: a snapshot adds a data file again in a spelling with "/./" and removes the first one, whose snapshot then
//         expires.
TEST(ExpireSnapshots, ComparesFilesByIdentity) {
  const std::string folder = testing::TempDir() + "expire_spelled";
  std::filesystem::remove_all(folder);
  Table table = rows::MakeTable(storage::MakeLocalStorage(), std::make_shared<MemoryCatalog>(), {}, {}, folder);
  table = rows::Append(table, 0, 10);
  const std::string first = rows::Tasks(table)[0].file.location;
  iceberg::DataFile again = rows::Tasks(table)[0].file;
  again.location.insert(again.location.rfind('/'), "/.");
  table = *iceberg::CommitSnapshot(
      table.home, {.operation = "overwrite", .added = {again}, .removes = [&](const iceberg::DataFile& file) {
                     return Result<bool>(file.location == first);
                   }});
  const auto expired = ExpireSnapshots(table.home, kAll, stage::KeepMarks);
  ASSERT_TRUE(expired) << expired.error().message;
  EXPECT_EQ(expired->snapshots, 1);
  EXPECT_EQ(expired->data_files, 0);
  EXPECT_TRUE(std::filesystem::exists(first));
}

}  // namespace
}  // namespace ingot::maintain
