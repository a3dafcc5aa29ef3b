#include "pipeline/source_position.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

// Goal:   earlier names of columns, and properties that end with one, become the current names. Nothing else changes.
// Method: each name, and keys that are only similar to one.
TEST(SourcePosition, EarlierNamesBecomeTodays) {
  const std::pair<const char*, const char*> columns[] = {{"_topic", "_source"},
                                                         {"_partition", "_source_partition"},
                                                         {"_offset", "_source_offset"},
                                                         {"_source", "_source"},
                                                         {"topic", "topic"},
                                                         {"_topic2", "_topic2"}};
  for (const auto& [before, now] : columns) EXPECT_EQ(CurrentColumnName(before), now);
  const std::pair<const char*, const char*> keys[] = {
      {"write.metadata.metrics.column._offset", "write.metadata.metrics.column._source_offset"},
      {"write.parquet.bloom-filter-enabled.column._topic", "write.parquet.bloom-filter-enabled.column._source"},
      {"write.parquet.bloom-filter-enabled.column.a._topic", "write.parquet.bloom-filter-enabled.column.a._topic"},
      {"_topic", "_topic"},
      {"write.format.default", "write.format.default"}};
  for (const auto& [before, now] : keys) EXPECT_EQ(CurrentPropertyName(before), now);
}

}  // namespace
}  // namespace ingot::pipeline
