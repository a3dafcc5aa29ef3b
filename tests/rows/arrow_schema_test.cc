#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   every type has an Arrow type, whose values survive a round trip.
// Method: one value of each.
TEST(ArrowSchema, ValuesThroughColumns) {
  const std::pair<iceberg::Value, const char*> values[] = {{true, "boolean"},
                                                           {int32_t(5), "int"},
                                                           {int64_t(-5), "long"},
                                                           {1.5f, "float"},
                                                           {2.5, "double"},
                                                           {int32_t(19000), "date"},
                                                           {int64_t(77), "time"},
                                                           {int64_t(88), "timestamptz"},
                                                           {std::string("é"), "string"},
                                                           {std::string(16, 'u'), "uuid"},
                                                           {std::string("abc"), "fixed[3]"},
                                                           {std::string("b"), "binary"},
                                                           {iceberg::Decimal{-12345}, "decimal(9,2)"}};
  for (const auto& [value, name] : values) {
    const iceberg::Type type = *iceberg::ParsePrimitiveType(name);
    const auto array = *RepeatValue(value, type, 3);
    EXPECT_EQ(array->length(), 3);
    EXPECT_EQ(CellValue(*array, 2, type), value) << name;
    EXPECT_TRUE(iceberg::IsNull(CellValue(**RepeatValue({}, type, 1), 0, type)));
  }
}

TEST(ArrowSchema, HasFieldIds) {
  const auto schema = *ToArrowSchema(EventSchema());
  EXPECT_EQ(FieldIdOf(*schema->field(3)), 4);
  EXPECT_FALSE(schema->field(0)->nullable());
}

}  // namespace
}  // namespace ingot::rows
