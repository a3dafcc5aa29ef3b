#include "gold/group_table.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot::gold {
namespace {

std::shared_ptr<arrow::RecordBatch> Keys(const std::string& hours, const std::string& places) {
  return RowsOf({{"hour", arrow::int32(), hours}, {"place", arrow::utf8(), places}});
}

// Goal:   equal rows share a number, in order of arrival, across batches; other rows are not found.
// Method: two batches.
TEST(GroupTable, Numbers) {
  GroupTable table;
  EXPECT_FALSE(table.Has(*Keys("[1]", R"(["a"])"))->at(0));
  EXPECT_EQ(*table.Number(Keys("[1, 2, 1, null]", R"(["a", "a", "a", null])")), (std::vector<uint32_t>{0, 1, 0, 2}));
  EXPECT_EQ(*table.Number(Keys("[2, 3, null]", R"(["a", "b", null])")), (std::vector<uint32_t>{1, 3, 2}));
  EXPECT_EQ(table.size(), 4u);
  EXPECT_EQ(Text(*(*table.Rows())->column(0)), "[1,2,null,3]");
  EXPECT_EQ(*table.Has(*Keys("[3, 3]", R"(["b", "a"])")), (std::vector<bool>{true, false}));
}

// Goal:   the table grows.
// Method: many rows.
TEST(GroupTable, Grows) {
  GroupTable table;
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < 10'000; ++i) ASSERT_TRUE(builder.Append(i % 5'000).ok());
  const auto numbers = *table.Number(
      arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), 10'000, {*builder.Finish()}));
  EXPECT_EQ(table.size(), 5'000u);
  EXPECT_EQ(numbers[7'000], 2'000u);
}

}  // namespace
}  // namespace ingot::gold
