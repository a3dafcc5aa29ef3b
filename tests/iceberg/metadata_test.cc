#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   a new table has new field ids and partition names like those of other engines.
// Method: a partition field of each common transform.
TEST(Metadata, NewTables) {
  const auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(),
                                            .partition = {{"at", *ParseTransform("day")},
                                                          {"place", *ParseTransform("identity")},
                                                          {"id", *ParseTransform("bucket[4]")},
                                                          {"place", *ParseTransform("truncate[2]")}},
                                            .location = "x"});
  const auto& fields = metadata.DefaultSpec().fields;
  EXPECT_EQ(fields[0].name, "at_day");
  EXPECT_EQ(fields[1].name, "place");
  EXPECT_EQ(fields[2].name, "id_bucket");
  EXPECT_EQ(fields[3].name, "place_trunc");
  EXPECT_EQ(fields[3].field_id, 1003);
  EXPECT_EQ(MakeTableMetadata({.schema = rows::EventSchema(), .partition = {{"nowhere", {}}}}).error().kind,
            ErrorKind::kBadInput);
}

// Goal:   an earlier partition spec is reused with its ids.
// Method: change the spec and change it back.
TEST(Metadata, PartitionSpecsAreKept) {
  auto metadata = *MakeTableMetadata(
      {.schema = rows::EventSchema(), .partition = {{"at", *ParseTransform("day")}}, .location = "x"});
  ASSERT_TRUE(SetPartition(metadata, {{"at", *ParseTransform("hour")}}));
  EXPECT_EQ(metadata.default_spec_id, 1);
  ASSERT_TRUE(SetPartition(metadata, {{"at", *ParseTransform("day")}}));
  EXPECT_EQ(metadata.default_spec_id, 0);
  EXPECT_EQ(metadata.partition_specs.size(), 2u);
}

// Goal:   tags, branches and rollback.
// Method: three snapshots in a row and one that is not an ancestor.
TEST(Metadata, RefsAndRollback) {
  auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  for (SnapshotId id : {1, 2, 3})
    AddSnapshot(metadata,
                {.snapshot_id = id, .parent_id = id > 1 ? std::optional(id - 1) : std::nullopt, .sequence_number = id},
                "main");
  AddSnapshot(metadata, {.snapshot_id = 9, .parent_id = 2, .sequence_number = 4}, "audit");
  EXPECT_EQ(metadata.current_snapshot_id, 3);
  EXPECT_EQ(AncestorsOf(metadata, 3).size(), 3u);
  EXPECT_EQ(RollbackTo(metadata, 9).error().kind, ErrorKind::kBadInput);
  ASSERT_TRUE(RollbackTo(metadata, 1));
  EXPECT_EQ(metadata.refs["main"].snapshot_id, 1);
  ASSERT_TRUE(SetRef(metadata, "v1", {.snapshot_id = 2, .type = "tag"}));
  EXPECT_EQ(SetRef(metadata, "v1", {.snapshot_id = 2, .type = "branch"}).error().kind, ErrorKind::kExists);
  EXPECT_EQ(SetRef(metadata, "v2", {.snapshot_id = 77, .type = "tag"}).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(ParseTableMetadata(TableMetadataToJson(metadata)));
}

// Goal:   old snapshots are found by time in the log, although clocks differ.
// Method: three writers, one with a slow clock.
TEST(Metadata, SnapshotAsOfATime) {
  auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  metadata.snapshot_log = {{1000, 1}, {1040, 2}, {1020, 3}};
  const std::pair<int64_t, SnapshotId> cases[] = {{1000, 1}, {1019, 1}, {1020, 3}, {1039, 3}, {1040, 2}, {9999, 2}};
  for (const auto& [at, snapshot] : cases) EXPECT_EQ(SnapshotAsOf(metadata, at), snapshot) << at;
  EXPECT_FALSE(SnapshotAsOf(metadata, 999));
}

// Goal:   properties are parsed as other writers do.
// Method: upper case, blanks, invalid numbers.
TEST(Metadata, Properties) {
  auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  metadata.properties = {{"w", " ZSTD "}, {"t", "TRUE"}, {"f", "False"}, {"n", " 12 "}, {"unit", "512MB"}, {"e", ""}};
  EXPECT_EQ(metadata.PropertyWord("w", "x"), "zstd");
  EXPECT_EQ(metadata.PropertyWord("e", "x"), "");
  EXPECT_TRUE(metadata.PropertyBool("t", false));
  EXPECT_FALSE(metadata.PropertyBool("f", true));
  EXPECT_TRUE(metadata.PropertyBool("absent", true));
  EXPECT_EQ(metadata.PropertyInt("n", 5), 12);
  EXPECT_EQ(metadata.PropertyInt("unit", 5), 5);
  EXPECT_EQ(metadata.PropertyInt("e", 5), 5);
}

// Goal:   encrypted tables are not written to, as the data would not be encrypted.
// Method: the property of encrypted tables.
TEST(Metadata, EncryptedTablesAreNotWritten) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table =
      rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>(), {}, {{"encryption.key-id", "k"}});
  EXPECT_EQ(rows::TableWriter::Open(storage, *table.metadata, {}).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(CommitSnapshot(table.home, {}).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::iceberg
