#include "bronze/columns.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   every type that a field may have takes values and nulls. Method: one of each.
TEST(Columns, EveryFieldType) {
  for (const char* name : {"boolean", "int", "long", "float", "double", "string", "uuid", "date", "timestamptz"}) {
    auto column = *FieldColumn::Make(*iceberg::ParsePrimitiveType(name));
    ASSERT_TRUE(column.Reserve(2));
    ASSERT_TRUE(column.Append({.valid = true, .integer = 1, .number = 1, .text = "x"}));
    ASSERT_TRUE(column.Append({}));
    const auto array = *column.Finish();
    EXPECT_TRUE(array->IsValid(0) && array->IsNull(1)) << name;
  }
}

}  // namespace
}  // namespace ingot::bronze
