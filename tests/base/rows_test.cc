#include "base/rows.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/row_hash.h"
#include "tests/rows.h"

namespace ingot {
namespace {

// Goal:   columns are selected by name, in the given order. Method: two of three, reversed.
TEST(Rows, SelectsColumnsInOrder) {
  const auto rows =
      RowsOf({{"a", arrow::int64(), "[1]"}, {"b", arrow::utf8(), R"(["x"])"}, {"c", arrow::int64(), "[3]"}});
  const auto picked = SelectColumns(*rows, {"c", "a"});
  EXPECT_TRUE(picked->Equals(*RowsOf({{"c", arrow::int64(), "[3]"}, {"a", arrow::int64(), "[1]"}})));
}

// Goal:   a mask keeps rows, including nulls. Method: some, all, none.
TEST(Rows, SelectsByAMask) {
  const auto rows = RowsOf({{"a", arrow::int64(), "[1, null, 3]"}});
  EXPECT_TRUE((*FilterRows(rows, {false, true, true}))->Equals(*RowsOf({{"a", arrow::int64(), "[null, 3]"}})));
  EXPECT_EQ(*FilterRows(rows, {true, true, true}), rows);
  EXPECT_EQ((*FilterRows(rows, {false, false, false}))->num_rows(), 0);
}

// Goal:   a batch without columns keeps its row count. Method: two of three rows.
TEST(Rows, RowsWithoutColumnsAreCounted) {
  const auto rows = arrow::RecordBatch::Make(arrow::schema({}), 3, arrow::ArrayVector{});
  EXPECT_EQ((*FilterRows(rows, {true, false, true}))->num_rows(), 2);
}

// Goal:   a dictionary-encoded column decodes to the same text and has the same hashes. Method: compare with the
// decoded column, with nulls.
TEST(Rows, DecodesDictionaries) {
  const auto plain = RowsOf({{"a", arrow::utf8(), R"(["x", null, "y", "x"])"}});
  const auto numbered = RowsOf({{"a", arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["x", null, "y", "x"])"}});
  EXPECT_TRUE((*DecodeDictionaries(numbered))->Equals(*plain));
  EXPECT_EQ(*DecodeDictionaries(plain->column(0)), plain->column(0));
  EXPECT_EQ(*HashRows(*numbered), *HashRows(*plain));
  EXPECT_TRUE(
      (*DecodeDictionaries(RepeatText("z", 2)))->Equals(*RowsOf({{"a", arrow::utf8(), R"(["z", "z"])"}})->column(0)));
}

}  // namespace
}  // namespace ingot
