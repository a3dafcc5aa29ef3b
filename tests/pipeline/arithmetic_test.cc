#include "pipeline/arithmetic.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <limits>

namespace ingot::pipeline {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();

template <typename Builder, typename Value>
arrow::Datum Of(std::initializer_list<std::optional<Value>> values) {
  Builder builder;
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return *builder.Finish();
}
const auto Longs = Of<arrow::Int64Builder, int64_t>;
const auto Doubles = Of<arrow::DoubleBuilder, double>;

std::string Text(const Result<arrow::Datum>& result, int64_t rows = 3) {
  if (!result) return result.error().message;
  std::string text;
  const auto array = *Repeated(*result, rows);
  for (int64_t row = 0; row < rows; ++row) text += (row > 0 ? " " : "") + (*array->GetScalar(row))->ToString();
  return text;
}

// Goal:   whole numbers are correct at both ends of the 64-bit range.
// Method: each operation with a result that just fits, with one that does not fit, and with a null.
TEST(Arithmetic, WholeNumbers) {
  const arrow::Datum ends = Longs({kMost, kLeast, std::nullopt}), one(arrow::MakeScalar(int64_t(1))),
                     less(arrow::MakeScalar(int64_t(-1)));
  EXPECT_EQ(Text(Arithmetic("+", ends, one, 3)), "null -9223372036854775807 null");
  EXPECT_EQ(Text(Arithmetic("-", ends, one, 3)), "9223372036854775806 null null");
  EXPECT_EQ(Text(Arithmetic("*", ends, less, 3)), "-9223372036854775807 null null");
  EXPECT_EQ(Text(Arithmetic("%", ends, less, 3)), "0 0 null");
  EXPECT_EQ(Text(Arithmetic("%", Longs({7, -7, 7}), Longs({4, 4, 0}), 3)), "3 -3 null");
  EXPECT_EQ(Text(Negated(ends, 3)), "-9223372036854775807 null null");
  EXPECT_EQ(Text(Absolute(Longs({-5, kLeast, 5}), 3)), "5 null 5");
}

// Goal:   quotients and doubles are correct.
// Method: a divisor of zero, a whole number above 2^53, and a null without a type.
TEST(Arithmetic, Doubles) {
  EXPECT_EQ(Text(Arithmetic("/", Longs({kMost, 1, 3}), Longs({1, 0, 2}), 3)), "9.223372036854776e+18 null 1.5");
  EXPECT_EQ(Text(Arithmetic("/", Doubles({1.0, -1.0, 0.0}), Doubles({0.0, -0.0, 0.0}), 3)), "null null null");
  EXPECT_EQ(Text(Arithmetic("%", Doubles({5.5, -5.5, 1.0}), Doubles({2.0, 2.0, 0.0}), 3)), "1.5 -1.5 null");
  EXPECT_EQ(Text(Arithmetic("+", Longs({kMost, 1, 2}), Doubles({0.5, 0.5, std::nullopt}), 3)),
            "9.223372036854776e+18 1.5 null");
  const arrow::Datum nothing(std::make_shared<arrow::NullScalar>());
  EXPECT_EQ(Text(Arithmetic("*", nothing, Longs({1, 2, 3}), 3)), "null null null");
  EXPECT_EQ(Text(Negated(Doubles({0.0, -2.5, std::nullopt}), 3)), "-0 2.5 null");
  EXPECT_EQ(Text(Absolute(Doubles({-0.5, 2.0, std::nullopt}), 3)), "0.5 2 null");
}

// Goal:   a cast never loses a value silently.
// Method: a cast to 32 bits, and a cast of a large number to double.
TEST(Arithmetic, Casts) {
  EXPECT_EQ(Text(CastTo(Longs({2147483647, 2147483648, -2147483649}), arrow::int32())), "2147483647 null null");
  EXPECT_EQ(Text(CastTo(Longs({kMost, 1, std::nullopt}), arrow::float64())), "9.223372036854776e+18 1 null");
}

}  // namespace
}  // namespace ingot::pipeline
