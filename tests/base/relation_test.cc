#include "base/relation.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   a relation of a batch returns the requested columns in the requested order. Method: two columns, reversed.
TEST(Relation, OfABatch) {
  arrow::Int64Builder a, b;
  ASSERT_TRUE(a.AppendValues({1, 2, 3}).ok() && b.AppendValues({10, 20, 30}).ok());
  const Relation relation = RelationOf(
      arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())}), 3,
                               {*a.Finish(), *b.Finish()}));
  EXPECT_EQ(relation.rows_estimate, 3);
  const auto parts = *relation.open({1, 0});
  ASSERT_EQ(parts.size(), 1u);
  const auto rows = *(*parts[0]())->Next();
  EXPECT_EQ(rows->column_name(0), "b");
  EXPECT_EQ(rows->column(1)->GetScalar(2).ValueOrDie()->ToString(), "3");
}

}  // namespace
}  // namespace ingot
