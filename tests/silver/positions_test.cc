#include "silver/positions.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace ingot::silver {
namespace {

struct Row {
  const char* topic;
  int32_t partition;
  std::optional<int64_t> offset;
  int64_t ingested_at;
};

std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<Row>& rows) {
  arrow::StringBuilder topics;
  arrow::Int32Builder partitions;
  arrow::Int64Builder offsets;
  const auto time = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder times(time, arrow::default_memory_pool());
  for (const Row& row : rows) {
    EXPECT_TRUE((row.topic ? topics.Append(row.topic) : topics.AppendNull()).ok());
    EXPECT_TRUE(partitions.Append(row.partition).ok());
    EXPECT_TRUE((row.offset ? offsets.Append(*row.offset) : offsets.AppendNull()).ok());
    EXPECT_TRUE(times.Append(row.ingested_at).ok());
  }
  const auto schema = arrow::schema({arrow::field("_ingested_at", time), arrow::field("_source", arrow::utf8()),
                                     arrow::field("_source_partition", arrow::int32()),
                                     arrow::field("_source_offset", arrow::int64())});
  return arrow::RecordBatch::Make(schema, int64_t(rows.size()),
                                  {*times.Finish(), *topics.Finish(), *partitions.Finish(), *offsets.Finish()});
}

// Goal:   topic, partition, offset and ingestion time together identify a row.
// Method: rows added in two batches; queried rows that differ in each.
TEST(SourcePositions, AllFourTellRowsApart) {
  SourcePositions positions;
  ASSERT_TRUE(positions.Add(*Batch({{"a", 0, 7, 1}, {"a", 0, 5, 1}, {"b", 0, 5, 1}})));
  ASSERT_TRUE(positions.Add(*Batch({{"a", 1, 5, 2}})));
  positions.Seal();
  const auto found = positions.Find(
      *Batch({{"a", 0, 5, 1}, {"a", 0, 6, 1}, {"a", 1, 5, 1}, {"a", 1, 5, 2}, {"c", 0, 5, 1}, {"a", 0, 7, 1}}));
  EXPECT_EQ(found->known, (std::vector<bool>{true, false, false, true, false, true}));
  EXPECT_FALSE(found->unidentified);
  EXPECT_FALSE(positions.HoldsUnidentified());
}

// Goal:   rows without a position are reported and never count as known.
// Method: a null topic and a null offset.
TEST(SourcePositions, RowsWithoutAPosition) {
  SourcePositions positions;
  ASSERT_TRUE(positions.Add(*Batch({{nullptr, 0, 7, 1}})));
  positions.Seal();
  EXPECT_TRUE(positions.HoldsUnidentified());
  const auto found = positions.Find(*Batch({{nullptr, 0, 7, 1}, {"a", 0, std::nullopt, 1}}));
  EXPECT_EQ(found->known, (std::vector<bool>{false, false}));
  EXPECT_TRUE(found->unidentified);
}

}  // namespace
}  // namespace ingot::silver
