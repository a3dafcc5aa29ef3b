#include "iceberg/manifest.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   all fields of a data file survive a round trip, including those inherited from the manifest list.
// Method: every field set.
TEST(Manifest, RoundTrip) {
  const auto storage = storage::MakeMemoryStorage();
  auto metadata = *MakeTableMetadata(
      {.schema = rows::EventSchema(), .partition = {{"at", *ParseTransform("day")}, {"place", {}}}, .location = "x"});
  DataFile file{.location = "file:///d.parquet",
                .partition = {int32_t(19723), std::string("p1")},
                .record_count = 7,
                .file_bytes = 99,
                .column_bytes = {{1, 5}},
                .value_counts = {{1, 7}},
                .null_counts = {{1, 0}},
                .nan_counts = {{4, 1}},
                .lower_bounds = {{1, std::string(8, '\0')}},
                .upper_bounds = {{1, std::string(8, '\1')}},
                .split_offsets = {4, 50},
                .equality_ids = {},
                .sort_order_id = 0};
  const auto written = WriteManifest(
      *storage, "/m.avro", {.schema = &metadata.CurrentSchema(), .spec = &metadata.DefaultSpec(), .snapshot_id = 42},
      {{.status = EntryStatus::kAdded, .snapshot_id = 42, .file = file}});
  ASSERT_TRUE(written) << written.error().message;
  Snapshot snapshot{.snapshot_id = 42, .sequence_number = 5, .manifest_list = "/list.avro"};
  ASSERT_TRUE(WriteManifestList(*storage, "/list.avro", snapshot, {*written}));
  const auto manifests = *ReadManifestList(*storage, snapshot);
  ASSERT_EQ(manifests.size(), 1u);
  EXPECT_EQ(manifests[0].sequence_number, 5);
  EXPECT_EQ(manifests[0].added_rows, 7);
  EXPECT_EQ(*manifests[0].partitions[1].lower, "p1");
  const auto entries = *ReadManifest(*storage, manifests[0], metadata);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].sequence_number, 5);  // inherited
  EXPECT_EQ(entries[0].file.partition, file.partition);
  EXPECT_EQ(entries[0].file.lower_bounds, file.lower_bounds);
  EXPECT_EQ(entries[0].file.nan_counts, file.nan_counts);
  EXPECT_EQ(entries[0].file.split_offsets, file.split_offsets);
}

// Goal:   manifest lists of other projects are read; an encrypted one is an error.
// Method: their files.
TEST(Manifest, ListsOfOtherProjects) {
  INGOT_NEED_PEER_DATA();
  const auto storage = storage::MakeLocalStorage();
  for (const char* name : {"manifest-list-v2-1.avro", "manifest-list-v2-2.avro"}) {
    const auto manifests =
        ReadManifestList(*storage, {.manifest_list = rows::PeerData() / "iceberg_rust/manifests_lists" / name});
    ASSERT_TRUE(manifests) << manifests.error().message;
    EXPECT_FALSE(manifests->empty());
    EXPECT_GT((*manifests)[0].sequence_number, 0);
  }
  EXPECT_EQ(ReadManifestList(
                *storage,
                {.manifest_list = rows::PeerData() / "iceberg_rust/manifests_lists/manifest-list-v3-encrypted.avro"})
                .error()
                .kind,
            ErrorKind::kUnsupported);
}

// Goal:   format 1 has neither content nor sequence numbers; key metadata of encryption is kept in every format.
// Method: a manifest and its list in each format, read back; the field names in the files.
TEST(Manifest, EachFormat) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata =
      *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {{"place", {}}}, .location = "x"});
  for (const int32_t version : {1, 2, 3}) {
    DataFile file{.location = "d", .partition = {std::string("p1")}, .record_count = 7, .file_bytes = 99};
    file.value_counts = {{1, 7}};
    file.split_offsets = {4};
    file.sort_order_id = 1;
    file.key_metadata = "key";
    ManifestContent content{.schema = &metadata.CurrentSchema(),
                            .spec = &metadata.DefaultSpec(),
                            .snapshot_id = 42,
                            .format_version = version};
    const std::string at = "/m" + std::to_string(version) + ".avro", list = "/l" + std::to_string(version) + ".avro";
    auto written = WriteManifest(*storage, at, content, {{.snapshot_id = 42, .file = file}});
    ASSERT_TRUE(written) << written.error().message;
    written->key_metadata = "of the manifest";
    const Snapshot snapshot{.snapshot_id = 42, .sequence_number = version > 1 ? 5 : 0, .manifest_list = list};
    ASSERT_TRUE(WriteManifestList(*storage, list, snapshot, {*written}, version));
    const auto manifests = *ReadManifestList(*storage, snapshot);
    ASSERT_EQ(manifests.size(), 1u);
    EXPECT_EQ(manifests[0].key_metadata, "of the manifest");
    EXPECT_EQ(manifests[0].added_rows, 7);
    EXPECT_EQ(manifests[0].sequence_number, snapshot.sequence_number);
    const auto entries = *ReadManifest(*storage, manifests[0], metadata);
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].snapshot_id, 42);
    EXPECT_EQ(entries[0].sequence_number, snapshot.sequence_number);
    EXPECT_EQ(entries[0].file.partition, file.partition);
    EXPECT_EQ(entries[0].file.key_metadata, "key");
    EXPECT_EQ(entries[0].file.split_offsets, file.split_offsets);
    EXPECT_EQ(entries[0].file.sort_order_id, 1);
    const auto has = [&](const std::string& path, const char* name) {
      return storage->ReadAll(path)->find("\"" + std::string(name) + "\"") != std::string::npos;
    };
    EXPECT_EQ(has(at, "sequence_number"), version > 1);
    EXPECT_EQ(has(at, "equality_ids"), version > 1);
    EXPECT_EQ(has(at, "block_size_in_bytes"), version == 1);
    EXPECT_EQ(has(list, "min_sequence_number"), version > 1);
    content.holds_deletes = true;
    EXPECT_EQ(WriteManifest(*storage, at + ".d", content, {}).has_value(), version > 1);
  }
}

// Goal:   manifests that a snapshot of format 1 lists without a manifest list are complete.
// Method: a manifest with another partition spec.
TEST(Manifest, WithoutAList) {
  const auto storage = storage::MakeMemoryStorage();
  auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {{"place", {}}}, .location = "x"});
  ASSERT_TRUE(SetPartition(metadata, {{"id", *ParseTransform("bucket[4]")}}));
  const DataFile file{.location = "d", .spec_id = 1, .partition = {int32_t(3)}, .record_count = 7, .file_bytes = 99};
  const auto written = WriteManifest(
      *storage, "/m.avro",
      {.schema = &metadata.CurrentSchema(), .spec = &metadata.DefaultSpec(), .snapshot_id = 42, .format_version = 1},
      {{.snapshot_id = 42, .file = file}});
  ASSERT_TRUE(written);
  const auto manifests = *ReadManifestList(*storage, {.snapshot_id = 42, .manifests = {"/m.avro"}});
  ASSERT_EQ(manifests.size(), 1u);
  EXPECT_EQ(manifests[0].bytes, written->bytes);
  EXPECT_EQ(manifests[0].spec_id, 1);
  EXPECT_EQ(ReadManifest(*storage, manifests[0], metadata)->at(0).file.partition, file.partition);
}

}  // namespace
}  // namespace ingot::iceberg
