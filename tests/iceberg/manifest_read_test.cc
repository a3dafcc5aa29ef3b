#include "avro/avro.h"
#include "iceberg/manifest.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   a scan reads the metrics of the requested columns only, and all metrics of delete files.
// Method: a manifest of data files and one of delete files, with metrics of two columns each.
TEST(ManifestRead, OnlyTheMetricsThatAreWanted) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  for (const bool deletes : {false, true}) {
    const DataFile file{.content = deletes ? FileContent::kPositionDeletes : FileContent::kData,
                        .location = "file:///d.parquet",
                        .record_count = 7,
                        .file_bytes = 99,
                        .column_bytes = {{1, 5}, {2, 6}},
                        .value_counts = {{1, 7}, {2, 8}},
                        .lower_bounds = {{1, "a"}, {2, "b"}}};
    const auto manifest = *WriteManifest(*storage, deletes ? "/d.avro" : "/m.avro",
                                         {.schema = &metadata.CurrentSchema(),
                                          .spec = &metadata.DefaultSpec(),
                                          .holds_deletes = deletes,
                                          .snapshot_id = 42},
                                         {{.status = EntryStatus::kAdded, .snapshot_id = 42, .file = file}});
    const std::vector<FieldId> wanted{2};
    const DataFile some = ReadManifest(*storage, manifest, metadata, &wanted)->at(0).file;
    const DataFile all = ReadManifest(*storage, manifest, metadata)->at(0).file;
    EXPECT_EQ(all.value_counts, file.value_counts);
    EXPECT_EQ(all.column_bytes, file.column_bytes);
    EXPECT_EQ(some.location, file.location);
    if (deletes) {
      EXPECT_EQ(some.lower_bounds, file.lower_bounds);
    } else {
      EXPECT_EQ(some.value_counts, (FieldMap<int64_t>{{2, 8}}));
      EXPECT_EQ(some.lower_bounds, (FieldMap<std::string>{{2, "b"}}));
      EXPECT_TRUE(some.column_bytes.empty());
    }
  }
}

// Goal:   negative counts mean unknown.
// Method: a file whose writer did not count nulls.
TEST(ManifestRead, CountsBelowZeroAreUnknown) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  const DataFile file{
      .location = "file:///d.parquet", .value_counts = {{1, -1}, {2, 7}}, .null_counts = {{1, -1}, {2, -1}}};
  const auto manifest = *WriteManifest(
      *storage, "/m.avro", {.schema = &metadata.CurrentSchema(), .spec = &metadata.DefaultSpec(), .snapshot_id = 42},
      {{.status = EntryStatus::kAdded, .snapshot_id = 42, .file = file}});
  const DataFile read = ReadManifest(*storage, manifest, metadata)->at(0).file;
  EXPECT_EQ(read.value_counts, (FieldMap<int64_t>{{2, 7}}));
  EXPECT_TRUE(read.null_counts.empty());
}

// Goal:   entries without required fields are an error that names the manifest.
// Method: records without such fields.
TEST(ManifestRead, IncompleteEntries) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *MakeTableMetadata({.schema = rows::EventSchema(), .location = "x"});
  const char* const no_file = R"({"type":"record","name":"r","fields":[{"name":"status","type":"int","field-id":0}]})";
  const char* const no_path =
      R"({"type":"record","name":"r","fields":[{"name":"status","type":"int","field-id":0},{"name":"data_file",
         "field-id":2,"type":{"type":"record","name":"f","fields":[{"name":"n","type":"long","field-id":103}]}}]})";
  avro::AvroValue::List status{avro::AvroValue(int64_t(1))}, file{avro::AvroValue(int64_t(1))};
  file.emplace_back(avro::AvroValue::List{avro::AvroValue(int64_t(5))});
  ASSERT_TRUE(storage->CreateAtomic("/a.avro", *avro::WriteAvroFile(no_file, {}, {avro::AvroValue(status)})));
  ASSERT_TRUE(storage->CreateAtomic("/b.avro", *avro::WriteAvroFile(no_path, {}, {avro::AvroValue(file)})));
  const auto refusal = [&](const char* location) {
    return ReadManifest(*storage, {.location = location}, metadata).error().message;
  };
  EXPECT_NE(refusal("/a.avro").find("without data_file"), std::string::npos);
  EXPECT_NE(refusal("/b.avro").find("without file_path"), std::string::npos);
  EXPECT_NE(refusal("/b.avro").find("/b.avro"), std::string::npos);
}

}  // namespace
}  // namespace ingot::iceberg
