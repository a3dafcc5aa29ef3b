#include "bronze/offsets.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   positions survive JSON, odd names too. Method: there and back; broken text.
TEST(Offsets, Json) {
  const source::Positions positions{
      {{"topic \"x\"", 0}, 5}, {{"topic \"x\"", 12}, 1'234'567'890'123}, {{"file:///a", 0}, 0}};
  EXPECT_EQ(*PositionsFromJson(PositionsToJson(positions)), positions);
  for (const char* bad : {"", "[]", "{\"t\": 5}", "{\"t\": {\"0\": \"x\"}}"})
    EXPECT_EQ(PositionsFromJson(bad).error().kind, ErrorKind::kCorrupt) << bad;
}

// Goal:   a batch lands only where the table is. Method: the right seam, one before, one after.
TEST(Offsets, AdvanceAtTheSeamOnly) {
  const source::Positions at{{{"t", 0}, 10}};
  EXPECT_EQ((*Advance(at, {{{"t", 0}, {10, 20}}, {{"t", 1}, {0, 5}}})).at({"t", 0}), 20);
  EXPECT_EQ(Advance(at, {{{"t", 0}, {9, 20}}}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Advance(at, {{{"t", 0}, {11, 20}}}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Advance(at, {{{"t", 1}, {3, 5}}}).error().kind, ErrorKind::kConflict);
}

// Goal:   many positions go into a file of their own and come back. Method: ten thousand files.
TEST(Offsets, ManyGoIntoAFile) {
  const auto storage = storage::MakeMemoryStorage();
  source::Positions positions;
  for (int i = 0; i < 10'000; ++i) positions[{"file:///landing/" + std::to_string(i), 0}] = i;
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "a", .type = {.id = iceberg::TypeId::kInt}}};
  auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "file:///t"});
  iceberg::Properties summary;
  std::string written;
  ASSERT_TRUE(WritePositions(*storage, metadata, positions, summary, written));
  EXPECT_FALSE(written.empty());
  EXPECT_LT(summary.begin()->second.size(), 200u);
  iceberg::AddSnapshot(metadata, {.snapshot_id = 1, .summary = summary}, "main");
  EXPECT_EQ(*ReadPositions(*storage, metadata), positions);
}

}  // namespace
}  // namespace ingot::bronze
