#include "base/row_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/rows.h"

namespace ingot {
namespace {

// Goal:   equal rows have equal hashes, others different ones, for each type. Method: pairs of equal and unequal rows.
TEST(RowHash, EqualRows) {
  const auto rows = RowsOf({{"t", Time(), "[5, 5, 5, null, null, 5]"},
                            {"s", arrow::utf8(), R"(["a", "a", "b", "a", "a", "aaaaaaaaaaaaaaaaa"])"},
                            {"d", arrow::float64(), "[0.0, -0.0, 0.0, 1.5, 1.5, 0.0]"},
                            {"i", arrow::int32(), "[1, 1, 1, 2, 2, 1]"},
                            {"b", arrow::boolean(), "[true, true, true, false, false, true]"}});
  const auto hashes = *HashRows(*rows);
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[3], hashes[4]);
  EXPECT_EQ((std::set<uint64_t>{hashes[0], hashes[2], hashes[3], hashes[5]}).size(), 4u);
  EXPECT_NE((*HashRows(*rows, 2))[0], hashes[0]);
  EXPECT_EQ(HashRows(*rows->Slice(3, 2))->at(0), hashes[3]);
}

// Goal:   null differs from every value, all NaN are equal, lists are unsupported. Method: one of each.
TEST(RowHash, NullsAndNaN) {
  const auto nulls = *HashRows(*RowsOf({{"a", arrow::int64(), "[null, 0]"}}));
  EXPECT_NE(nulls[0], nulls[1]);
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.AppendValues({std::nan("1"), -std::nan("2")}).ok());
  const auto rows =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("d", arrow::float64())}), 2, {*builder.Finish()});
  EXPECT_EQ(HashRows(*rows)->at(0), HashRows(*rows)->at(1));
  EXPECT_EQ(HashRows(*RowsOf({{"l", arrow::list(arrow::int32()), "[[1]]"}})).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot
