#include "bronze/columns.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

// Goal:   every type that a field may have accepts values and nulls.
// Method: values, a null and another value; without nulls.
TEST(Columns, EveryFieldType) {
  for (const char* name : {"boolean", "int", "long", "float", "double", "string", "uuid", "date", "timestamptz"}) {
    const auto type = *iceberg::ParsePrimitiveType(name);
    auto column = *FieldColumn::Make(type, 4);
    const FieldValue cell{.valid = true, .integer = 1, .number = 1, .text = "x", .uuid = {'x'}};
    for (const FieldValue& next : {cell, cell, FieldValue{}, cell}) column.Append(next);
    const auto array = *column.Finish();
    ASSERT_TRUE(array->ValidateFull().ok()) << name;
    EXPECT_EQ(array->null_count(), 1) << name;
    EXPECT_TRUE(array->IsValid(1) && array->IsNull(2)) << name;
    EXPECT_TRUE(array->RangeEquals(0, 1, 3, array)) << name;
    auto whole = *FieldColumn::Make(type, 1);
    whole.Append(cell);
    EXPECT_TRUE((*whole.Finish())->Equals(array->Slice(3))) << name;
  }
}

}  // namespace
}  // namespace ingot::bronze
