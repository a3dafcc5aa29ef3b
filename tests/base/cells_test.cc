#include "base/cells.h"

#include <gtest/gtest.h>

#include "tests/rows.h"

namespace ingot {
namespace {

// Goal:   values become columns of the schema's types; a mismatch is an error. Method: a row of each type, a row of
// nulls.
TEST(BatchOf, MakesColumns) {
  const auto schema = arrow::schema({arrow::field("t", arrow::utf8()), arrow::field("n", arrow::int32()),
                                     arrow::field("d", arrow::float64()), arrow::field("b", arrow::boolean()),
                                     arrow::field("at", Time())});
  const auto batch = BatchOf(schema, {{std::string("x"), int64_t(7), 0.5, true, int64_t(1'000'000)}, CellRow(5)});
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(Text(*(*batch)->column(0)), "[x,null]");
  EXPECT_EQ(Text(*(*batch)->column(1)), "[7,null]");
  EXPECT_EQ(Text(*(*batch)->column(2)), "[0.5,null]");
  EXPECT_EQ(Text(*(*batch)->column(3)), "[true,null]");
  EXPECT_EQ((*batch)->column(4)->null_count(), 1);
  EXPECT_EQ(BatchOf(schema, {{1.0, int64_t(7), 0.5, true, int64_t(1)}}).error().kind, ErrorKind::kInternal);
}

}  // namespace
}  // namespace ingot
