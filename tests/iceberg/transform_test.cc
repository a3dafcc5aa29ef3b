#include "iceberg/transform.h"

#include <gtest/gtest.h>

namespace ingot::iceberg {
namespace {

Value Apply(const char* transform, const Value& value, const char* type) {
  return *ApplyTransform(*ParseTransform(transform), value, *ParsePrimitiveType(type));
}
std::string Text(const char* transform, const Value& value, const char* type) {
  return PartitionText(*ParseTransform(transform), Apply(transform, value, type), *ParsePrimitiveType(type));
}

// Goal:   truncate and bucket follow the specification.
// Method: its examples, including negative numbers.
TEST(Transform, VectorsOfTheSpecification) {
  EXPECT_EQ(Apply("truncate[10]", int32_t(1), "int"), Value(int32_t(0)));
  EXPECT_EQ(Apply("truncate[10]", int32_t(-1), "int"), Value(int32_t(-10)));
  EXPECT_EQ(Apply("truncate[10]", int64_t(-11), "long"), Value(int64_t(-20)));
  EXPECT_EQ(Apply("truncate[50]", Decimal{1065}, "decimal(9,2)"), Value(Decimal{1050}));
  EXPECT_EQ(Apply("truncate[3]", std::string("iceberg"), "string"), Value(std::string("ice")));
  EXPECT_EQ(Apply("truncate[2]", std::string("żółw"), "string"), Value(std::string("żó")));
  EXPECT_EQ(Apply("bucket[16]", int32_t(34), "int"), Value(int32_t((2017239379 & INT32_MAX) % 16)));
  EXPECT_EQ(Apply("void", int32_t(34), "int"), Value{});
  EXPECT_EQ(Apply("day", Value{}, "date"), Value{});
}

// Goal:   times before 1970 are rounded down.
// Method: the microsecond before the epoch.
TEST(Transform, TimesFloor) {
  EXPECT_EQ(Apply("hour", int64_t(-1), "timestamptz"), Value(int32_t(-1)));
  EXPECT_EQ(Apply("hour", INT64_MAX, "timestamptz"), Value(INT32_MAX));  // clamped, which preserves the order
  EXPECT_EQ(Apply("hour", INT64_MIN, "timestamptz"), Value(INT32_MIN));
  EXPECT_EQ(Apply("day", int64_t(-1), "timestamptz"), Value(int32_t(-1)));
  EXPECT_EQ(Apply("month", int64_t(-1), "timestamptz"), Value(int32_t(-1)));
  EXPECT_EQ(Apply("year", int64_t(-1), "timestamptz"), Value(int32_t(-1)));
  EXPECT_EQ(Text("month", int64_t(-1), "timestamptz"), "1969-12");
  EXPECT_EQ(Text("hour", int64_t(1'721'414'400'000'000), "timestamptz"), "2024-07-19-18");
  EXPECT_EQ(Text("day", int32_t(17501), "date"), "2017-12-01");
}

// Goal:   transform names survive a round trip, including unknown ones; unsupported types are errors.
// Method: parse and print.
TEST(Transform, NamesAndTypes) {
  for (const char* name : {"identity", "bucket[7]", "truncate[3]", "year", "month", "day", "hour", "void", "zorder"})
    EXPECT_EQ(TransformName(*ParseTransform(name)), name);
  EXPECT_FALSE(ParseTransform("bucket[0]"));
  EXPECT_FALSE(TransformResultType(*ParseTransform("day"), {.id = TypeId::kString}));
  EXPECT_FALSE(TransformResultType(*ParseTransform("hour"), {.id = TypeId::kDate}));
  EXPECT_EQ(ApplyTransform(*ParseTransform("zorder"), int32_t(1), {.id = TypeId::kInt}).error().kind,
            ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::iceberg
