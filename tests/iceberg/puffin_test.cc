#include "iceberg/puffin.h"

#include <nlohmann/json.hpp>

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

using Json = nlohmann::json;

std::vector<PuffinBlob> Blobs(SnapshotId snapshot) {
  return {
      {.type = "a",
       .fields = {1},
       .snapshot_id = snapshot,
       .sequence_number = 4,
       .bytes = "first",
       .properties = {{"ndv", "2"}}},
      {.type = "b", .fields = {2, 3}, .snapshot_id = snapshot, .sequence_number = 4, .bytes = "", .properties = {}}};
}

TableMetadata WithSnapshots() {
  TableMetadata metadata =
      *MakeTableMetadata({.schema = rows::EventSchema(), .partition = {}, .location = "memory:/t", .properties = {}});
  for (const SnapshotId id : {7, 8})
    AddSnapshot(metadata, {.snapshot_id = id, .summary = {{"operation", "append"}}}, "main");
  return metadata;
}

// Goal:   the layout is that of the specification.
// Method: read the file from its end, as readers do.
TEST(Puffin, Layout) {
  const auto storage = storage::MakeMemoryStorage();
  const auto file = WritePuffin(*storage, WithSnapshots(), 7, Blobs(7));
  ASSERT_TRUE(file) << file.error().message;
  const std::string bytes = *storage->ReadAll(file->location);
  ASSERT_EQ(int64_t(bytes.size()), file->bytes);
  EXPECT_EQ(bytes.substr(0, 4), "PFA1");
  EXPECT_EQ(bytes.substr(bytes.size() - 4), "PFA1");
  EXPECT_EQ(bytes.substr(bytes.size() - 8, 4), std::string(4, '\0'));
  uint32_t length = 0;
  for (size_t i = 0; i < 4; ++i) length |= uint32_t(uint8_t(bytes[bytes.size() - 12 + i])) << (8 * i);
  const size_t payload = bytes.size() - 12 - length;
  EXPECT_EQ(bytes.substr(payload - 4, 4), "PFA1");
  const Json footer = Json::parse(bytes.substr(payload, length));
  const Json described = Json::parse(file->json);
  EXPECT_EQ(described.at("file-footer-size-in-bytes"), bytes.size() - payload + 4);
  ASSERT_EQ(footer.at("blobs").size(), 2u);
  const Json& first = footer.at("blobs")[0];
  EXPECT_EQ(bytes.substr(first.at("offset"), first.at("length")), "first");
  EXPECT_EQ(first.at("properties").at("ndv"), "2");
  EXPECT_EQ(footer.at("blobs")[1].at("fields"), Json({2, 3}));
  EXPECT_FALSE(described.at("blob-metadata")[0].contains("offset"));
}

// Goal:   the data files of deletion vectors get other paths, and the blobs stay where they are.
// Method: two vectors and a blob of another kind, paths of other lengths; damaged files, a compressed footer.
TEST(Puffin, PathsOfDataFilesAreReplaced) {
  std::vector<PuffinBlob> blobs = Blobs(7);
  for (const char* path : {"file:///old/a", "file:///old/b"})
    blobs.push_back({.type = "deletion-vector-v1",
                     .fields = {},
                     .snapshot_id = -1,
                     .sequence_number = -1,
                     .bytes = path,
                     .properties = {{"referenced-data-file", path}}});
  const PuffinFile before = MakePuffin(blobs);
  for (PuffinBlob& blob : blobs)
    if (auto path = blob.properties.find("referenced-data-file"); path != blob.properties.end())
      path->second = "s3://new/place" + path->second.substr(11);
  const auto moved = [](const std::string& path) { return "s3://new/place" + path.substr(11); };
  const auto after = MapPuffinPaths(before.bytes, moved);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(*after, MakePuffin(blobs).bytes);
  std::string compressed = before.bytes, longer = before.bytes;
  compressed[compressed.size() - 8] = 1;
  longer[longer.size() - 9] = 1;
  EXPECT_EQ(MapPuffinPaths(compressed, moved).error().kind, ErrorKind::kUnsupported);
  for (const std::string& damaged : {longer, before.bytes.substr(1), before.bytes.substr(0, 12), std::string()})
    EXPECT_EQ(MapPuffinPaths(damaged, moved).error().kind, ErrorKind::kCorrupt);
}

// Goal:   a snapshot has one statistics file, which is removed with the snapshot.
// Method: set, replace, expire.
TEST(Puffin, InMetadata) {
  const auto storage = storage::MakeMemoryStorage();
  TableMetadata metadata = WithSnapshots();
  EXPECT_FALSE(HasStatistics(metadata, 7, "a"));
  SetStatistics(metadata, *WritePuffin(*storage, metadata, 7, Blobs(7)));
  SetStatistics(metadata, *WritePuffin(*storage, metadata, 8, Blobs(8)));
  const auto again = *WritePuffin(*storage, metadata, 7, Blobs(7));
  SetStatistics(metadata, again);
  const TableMetadata read = *ParseTableMetadata(TableMetadataToJson(metadata));
  EXPECT_TRUE(HasStatistics(read, 7, "a"));
  EXPECT_TRUE(HasStatistics(read, 8, "b"));
  EXPECT_FALSE(HasStatistics(read, 8, "c"));
  const Json statistics = Json::parse(read.other).at("statistics");
  ASSERT_EQ(statistics.size(), 2u);
  EXPECT_EQ(statistics[1].at("statistics-path"), again.location);
  RemoveSnapshots(metadata, {7});
  EXPECT_FALSE(HasStatistics(metadata, 7, "a"));
  EXPECT_TRUE(HasStatistics(metadata, 8, "a"));
}

}  // namespace
}  // namespace ingot::iceberg
