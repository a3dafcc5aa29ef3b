#include "bronze/offsets.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   positions survive a round trip through JSON, also with unusual names.
// Method: round trips; invalid text.
TEST(Offsets, Json) {
  const source::Positions positions{
      {{"topic \"x\"", 0}, 5}, {{"topic \"x\"", 12}, 1'234'567'890'123}, {{"file:///a", 0}, 0}};
  EXPECT_EQ(*PositionsFromJson(PositionsToJson(positions)), positions);
  for (const char* bad : {"", "[]", "{\"t\": 5}", "{\"t\": {\"0\": \"x\"}}"})
    EXPECT_EQ(PositionsFromJson(bad).error().kind, ErrorKind::kCorrupt) << bad;
}

source::Checkpoint At(int64_t offset) {
  return {.positions = {{{"t", 0}, offset}}, .topics = {{"t", {"cluster", "id"}}}};
}

OffsetChange Batch(source::PartitionId id, int64_t begin, int64_t end) {
  return {.ranges = {{std::move(id), {begin, end}}}, .topics = {{"t", {"cluster", "id"}}}, .resets = {}};
}

// Goal:   a batch is accepted only at the table's position.
// Method: the right offset, one before, one after; new partitions of a topic begin anywhere, files at their first byte.
TEST(Offsets, AdvanceAtTheSeamOnly) {
  EXPECT_EQ(Advance(At(10), Batch({"t", 0}, 10, 20))->positions.at({"t", 0}), 20);
  EXPECT_EQ(Advance(At(10), Batch({"t", 0}, 9, 20)).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Advance(At(10), Batch({"t", 0}, 11, 20)).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Advance(At(10), Batch({"t", 1}, 3, 5))->positions.at({"t", 1}), 5);
  EXPECT_EQ(Advance(At(10), Batch({"file:///a", 0}, 3, 5)).error().kind, ErrorKind::kConflict);
}

// Goal:   a recreated topic needs the operator's reset, which itself uses compare-and-swap.
// Method: without a reset, with one, and with one where another worker was faster.
TEST(Offsets, TopicsAndResets) {
  OffsetChange anew = Batch({"t", 0}, 0, 5);
  anew.topics = {{"t", {"cluster", "another id"}}};
  EXPECT_EQ(Advance(At(10), anew).error().kind, ErrorKind::kConflict);
  anew.resets.resize(1);
  anew.resets[0].id = {"t", 0};
  anew.resets[0].from = 10;
  anew.resets[0].reason = "topic recreated";
  const auto after = *Advance(At(10), anew);
  EXPECT_EQ(after.positions.at({"t", 0}), 5);
  EXPECT_EQ(after.topics.at("t").topic_id, "another id");
  EXPECT_EQ(Advance(after, anew).error().kind, ErrorKind::kConflict);
  EXPECT_NE(ResetsToJson(anew.resets).find("\"from\":10"), std::string::npos);
}

// Goal:   a file's identity changes only when the table has the one that the worker knew; a version without identities
//         drops those of the files it reads.
// Method: the right identity, other content, none.
TEST(Offsets, FilesAreComparedAndSwapped) {
  const source::PartitionId id{"file:///a", 0};
  const source::FileIdentity old{.location = id.topic, .offset = 10, .head = 1},
      now{.location = id.topic, .offset = 20, .head = 1};
  source::FileIdentity other = old;
  other.head = 2;
  const source::Checkpoint known{.positions = {{id, 10}}, .topics = {}, .files = {{id, old}}};
  OffsetChange change = Batch(id, 10, 20);
  change.Add({.id = id, .before = old, .now = old});
  change.Add({.id = id, .before = old, .now = now});
  EXPECT_EQ(Advance(known, change)->files.at(id), now);
  EXPECT_EQ(Advance({.positions = {{id, 10}}, .topics = {}, .files = {{id, other}}}, change).error().kind,
            ErrorKind::kConflict);
  EXPECT_EQ(Advance({.positions = {{id, 10}}, .topics = {}}, change).error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(Advance(known, Batch(id, 10, 20))->files.empty());
}

// Goal:   many positions are written to a separate file and read back.
// Method: ten thousand files.
TEST(Offsets, ManyGoIntoAFile) {
  const auto storage = storage::MakeMemoryStorage();
  source::Positions positions;
  for (int i = 0; i < 10'000; ++i) positions[{"file:///landing/" + std::to_string(i), 0}] = i;
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "a", .type = {.id = iceberg::TypeId::kInt}}};
  auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "file:///t"});
  iceberg::Properties summary;
  std::vector<std::string> written;
  source::Checkpoint checkpoint{.positions = positions, .topics = {{"t", {"cluster", "id"}}}};
  for (const auto& [id, offset] : positions) checkpoint.files[id] = {.location = id.topic, .offset = offset, .head = 1};
  ASSERT_TRUE(WriteCheckpoint(*storage, metadata, checkpoint, summary, written));
  EXPECT_EQ(written.size(), 2u);
  EXPECT_LT(summary.begin()->second.size(), 200u);
  iceberg::AddSnapshot(metadata, {.snapshot_id = 1, .summary = summary}, "main");
  EXPECT_EQ(*ReadCheckpoint(*storage, metadata), checkpoint);
}

}  // namespace
}  // namespace ingot::bronze
