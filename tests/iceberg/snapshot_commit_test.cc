#include "avro/avro.h"
#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   many manifests are merged, and rows stay.
// Method: ten commits with a limit of four; the same with fast appends.
TEST(SnapshotCommit, MergesManifests) {
  for (const bool merge : {true, false}) {
    const auto storage = storage::MakeMemoryStorage();
    Table table = rows::MakeTable(
        storage, std::make_shared<rows::MemoryCatalog>(), {},
        {{"commit.manifest.min-count-to-merge", "4"}, {"commit.manifest-merge.enabled", merge ? "true" : "false"}});
    for (int i = 0; i < 10; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
    const size_t manifests = ReadManifestList(*storage, *table.metadata->CurrentSnapshot())->size();
    if (merge)
      EXPECT_LE(manifests, 5u);
    else
      EXPECT_EQ(manifests, 10u);
    EXPECT_EQ(rows::PlanScan(*storage, *table.metadata, {})->RecordCount(), 100);
    // The files that each snapshot added can still be found from it alone.
    std::vector<const Snapshot*> last{table.metadata->CurrentSnapshot()};
    EXPECT_EQ(rows::PlanAppends(*storage, *table.metadata, last, {})->RecordCount(), 10);
  }
}

/// Replaces the current manifest list by one without counts, as a writer of format 1 may leave it.
void ForgetCounts(storage::Storage& storage, const Table& table) {
  const Snapshot& snapshot = *table.metadata->CurrentSnapshot();
  const auto manifests = ReadManifestList(storage, snapshot);
  ASSERT_TRUE(manifests);
  const auto bytes = avro::WriteAvroRows(R"({"type":"record","name":"manifest_file","fields":[
        {"name":"manifest_path","type":"string","field-id":500},{"name":"manifest_length","type":"long","field-id":501},
        {"name":"partition_spec_id","type":"int","field-id":502},
        {"name":"added_snapshot_id","type":["null","long"],"default":null,"field-id":503}]})",
                                         {}, manifests->size(), [&](size_t i, avro::AvroWriter& out) -> Status {
                                           const ManifestFile& manifest = (*manifests)[i];
                                           out.Bytes(manifest.location), out.Long(manifest.bytes),
                                               out.Long(manifest.spec_id);
                                           out.Long(1), out.Long(manifest.added_snapshot_id);
                                           return {};
                                         });
  ASSERT_TRUE(bytes);
  ASSERT_TRUE(storage.Delete(snapshot.manifest_list));
  ASSERT_TRUE(storage.CreateAtomic(snapshot.manifest_list, *bytes));
}

// Goal:   manifests without counts keep their rows through commits and the upgrade to format 3, which gives each row an
//         id.
// Method: two appends; a list without counts; an append, a removal, the upgrade.
TEST(SnapshotCommit, ManifestsWithoutCounts) {
  for (const bool removes : {false, true}) {
    const auto storage = storage::MakeMemoryStorage();
    Table table =
        rows::Append(rows::Append(rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>()), 0, 10), 10, 30);
    ForgetCounts(*storage, table);
    ASSERT_EQ(rows::PlanScan(*storage, *table.metadata, {})->RecordCount(), 30);
    SnapshotChange change{.operation = "append", .added = rows::WriteEvents(table, 30, 35)};
    if (removes) change.removes = [](const DataFile&) -> Result<bool> { return false; };
    change.metadata_change = [](TableMetadata& metadata) -> Status {
      metadata.format_version = 3;
      return {};
    };
    const auto next = CommitSnapshot(table.home, change);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(rows::PlanScan(*storage, *next->metadata, {})->RecordCount(), 35);
    EXPECT_EQ(next->metadata->next_row_id, 35);
    const auto manifests = *ReadManifestList(*storage, *next->metadata->CurrentSnapshot());
    for (const ManifestFile& manifest : manifests) EXPECT_TRUE(manifest.IsCounted());
  }
}

// Goal:   an overwrite replaces exactly the named files.
// Method: remove one file of three and add one.
TEST(SnapshotCommit, OverwritesFiles) {
  const auto storage = storage::MakeMemoryStorage();
  Table table = rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>());
  for (int i = 0; i < 3; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  const std::string victim =
      rows::PlanScan(*storage, *table.metadata, {.filter = Compare("id", FilterOp::kEqual, int64_t(15))})
          ->tasks.at(0)
          .file.location;
  const auto next = CommitSnapshot(
      table.home, {.operation = "overwrite",
                   .added = rows::WriteEvents(table, 100, 105),
                   .removes = [&](const DataFile& file) -> Result<bool> { return file.location == victim; }});
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(rows::PlanScan(*storage, *next->metadata, {})->RecordCount(), 25);
  const auto& summary = next->metadata->CurrentSnapshot()->summary;
  EXPECT_EQ(summary.at("deleted-records"), "10");
  EXPECT_EQ(summary.at("total-data-files"), "3");
}

// Goal:   a commit whose condition fails leaves no files.
// Method: `validate` fails; compare the folder.
TEST(SnapshotCommit, AFailedCommitLeavesNoFiles) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::Append(rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>()), 0, 10);
  const size_t before = storage->List("file:///w/t/metadata")->size();
  const auto rejected = CommitSnapshot(table.home, {.added = {}, .validate = [](const TableMetadata&) -> Status {
                                                      return Fail(ErrorKind::kConflict, "no");
                                                    }});
  EXPECT_EQ(rejected.error().message, "no");
  EXPECT_EQ(storage->List("file:///w/t/metadata")->size(), before);
  EXPECT_EQ(LoadTable(table.home)->metadata_location, table.metadata_location);
}

// Goal:   a commit to a branch does not move main.
// Method: append to a branch and read main.
TEST(SnapshotCommit, Branches) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::Append(rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>()), 0, 10);
  const auto audit = *CommitSnapshot(table.home, {.added = rows::WriteEvents(table, 10, 15), .branch = "audit"});
  EXPECT_EQ(rows::PlanScan(*storage, *audit.metadata, {})->RecordCount(), 10);
  EXPECT_EQ(rows::PlanScan(*storage, *audit.metadata, {.snapshot_id = audit.metadata->refs.at("audit").snapshot_id})
                ->RecordCount(),
            15);
}

// Goal:   tables of format 1 keep their format; after an upgrade their rows have sequence number 0.
// Method: appends and a removal in format 1; the upgrade; equality deletes of the old rows.
TEST(SnapshotCommit, Format1) {
  const auto storage = storage::MakeMemoryStorage();
  auto metadata =
      *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {{"place", {}}}, .location = "file:///w/t"});
  metadata.format_version = 1;
  Table table = *CreateTable({std::make_shared<rows::MemoryCatalog>(), storage, {"n", "t"}}, metadata);
  for (const int begin : {0, 10, 20}) table = rows::Append(table, begin, begin + 10);
  const auto is_p1 = [](const DataFile& file) -> Result<bool> { return file.partition[0] == Value(std::string("p1")); };
  table = *CommitSnapshot(table.home, {.operation = "delete", .removes = is_p1});
  const auto rows = [&] {
    const auto plan = rows::PlanScan(*storage, *table.metadata, {});
    EXPECT_TRUE(plan) << plan.error().message;
    return (*rows::ReadRows(storage, *table.metadata, *plan))->num_rows();
  };
  EXPECT_EQ(rows(), 24);
  EXPECT_EQ(table.metadata->format_version, 1);
  EXPECT_EQ(table.metadata->last_sequence_number, 0);
  EXPECT_EQ(TableMetadataToJson(*table.metadata).find("sequence-number"), std::string::npos);
  DataFile deletes = rows::DeleteIds(table, {0}, {std::string("p0")});
  EXPECT_EQ(CommitSnapshot(table.home, {.operation = "delete", .added = {deletes}}).error().kind,
            ErrorKind::kUnsupported);
  table = *CommitMetadata(table.home, [](TableMetadata& next) { return UpgradeFormat(next, 2); });
  table = *CommitSnapshot(table.home, {.operation = "delete", .added = {deletes}});
  EXPECT_EQ(table.metadata->last_sequence_number, 1);
  EXPECT_EQ(rows(), 23);
  table = rows::Append(table, 0, 5);
  EXPECT_EQ(rows(), 28);
}

}  // namespace
}  // namespace ingot::iceberg
