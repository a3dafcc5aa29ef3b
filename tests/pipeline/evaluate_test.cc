#include "pipeline/evaluate.h"

#include <gtest/gtest.h>

#include "base/rows.h"
#include "pipeline/scalar_functions.h"
#include "tests/rows.h"

namespace ingot::pipeline {
namespace {

/// Evaluates with plain text and with a dictionary. Both must give the same values.
std::string Value(const std::string& expression, bool numbered = false) {
  const auto text = numbered ? arrow::dictionary(arrow::int32(), arrow::utf8()) : arrow::utf8();
  const auto rows = RowsOf({{"n", arrow::int64(), "[7, -7, null, 9223372036854775807]"},
                            {"small", arrow::int32(), "[1, 2, null, 3]"},
                            {"x", arrow::float64(), "[2.5, -2.5, null, 0.0]"},
                            {"s", text, R"([" Ab\t", "zürich", null, ""])"},
                            {"t", Time(), "[0, -1, null, 90000000000]"}});
  const auto parsed = ParseExpression(expression);
  if (!parsed) return parsed.error().message;
  const auto array = Evaluate(*parsed, *rows);
  const std::string value = array ? Text(**DecodeDictionaries(*array)) : array.error().message;
  const std::string other = numbered ? value : Value(expression, true);
  EXPECT_EQ(other, value) << expression;
  return value;
}

// Goal:   division gives doubles, and a remainder has the sign of the dividend. Results that do not fit into 64 bits
//         and divisions by zero are null.
// Method: one expression for each, with nulls.
TEST(Evaluate, Arithmetic) {
  EXPECT_EQ(Value("small + 1"), "[2,3,null,4]");
  EXPECT_EQ(Value("small / 2"), "[0.5,1,null,1.5]");
  EXPECT_EQ(Value("n % 4"), "[3,-3,null,3]");
  EXPECT_EQ(Value("n % 0"), "[null,null,null,null]");
  EXPECT_EQ(Value("x % 2"), "[0.5,-0.5,null,0]");
  EXPECT_EQ(Value("-x * 2"), "[-5,5,null,-0]");
  EXPECT_EQ(Value("round(x)"), "[3,-3,null,0]");
  EXPECT_EQ(Value("round(x / 10, 1)"), "[0.3,-0.3,null,0]");
  EXPECT_EQ(Value("abs(small - 2)"), "[1,0,null,1]");
  EXPECT_EQ(Value("n + 1"), "[8,-6,null,null]");
  EXPECT_EQ(Value("n * n - small"), "[48,47,null,null]");
  EXPECT_EQ(Value("-(0 - n)"), "[7,-7,null,9223372036854775807]");
  EXPECT_EQ(Value("x / 0"), "[null,null,null,null]");
  EXPECT_EQ(Value("x % 0"), "[null,null,null,null]");
  EXPECT_EQ(Value("abs(n - small) > 0"), "[true,true,null,true]");
}

// Goal:   conditions are three-valued.
// Method: nulls on either side.
TEST(Evaluate, Conditions) {
  EXPECT_EQ(Value("x between -3 and 1"), "[false,true,null,true]");
  EXPECT_EQ(Value("x not between -3 and 1"), "[true,false,null,false]");
  EXPECT_EQ(Value("small in (1, 3)"), "[true,false,null,true]");
  EXPECT_EQ(Value("small in (1, null)"), "[true,null,null,null]");
  EXPECT_EQ(Value("small = 1 or x is null"), "[true,false,true,false]");
  EXPECT_EQ(Value("small = 1 and null"), "[null,false,null,false]");
  EXPECT_EQ(Value("not (x > 0) and true"), "[false,true,null,true]");
  EXPECT_EQ(Value("t >= '1970-01-01T00:00:00Z'"), "[true,false,null,true]");
  EXPECT_NE(Value("t > 'soon'").find("soon"), std::string::npos);
}

// Goal:   numbers are compared by their exact values, also beyond 64 bits and, with doubles, above 2^53. Literals that
//         are compared with decimals and times get their type.
// Method: the values next to each bound.
TEST(Evaluate, LiteralsOfEachSize) {
  EXPECT_EQ(Value("n < 9223372036854775808"), "[true,true,null,true]");
  EXPECT_EQ(Value("n >= -9223372036854775808"), "[true,true,null,true]");
  EXPECT_EQ(Value("n in (99999999999999999999, 7)"), "[true,false,null,false]");
  EXPECT_EQ(Value("n between -99999999999999999999 and 99999999999999999999999999"), "[true,true,null,true]");
  EXPECT_EQ(Value("n > 0.5"), "[true,false,null,true]");
  EXPECT_EQ(Value("9223372036854775807.0 > n"), "[true,true,null,true]");
  EXPECT_EQ(Value("x < 9223372036854775807"), "[true,true,null,true]");
  EXPECT_EQ(Value("coalesce(n, 0.5) > 1"), "[true,false,false,true]");
  EXPECT_EQ(Value("case when x > 0 then n else 0.5 end"), "[7,0.5,0.5,0.5]");
  EXPECT_EQ(Value("nullif(n, 0.5) > 7"), "[false,false,null,true]");
  for (const char* none : {"n < 1.2.3", "n < 1e", "n < 1e+", "n < 1e400", "n < 1..2", "n < 1e-400"})
    EXPECT_FALSE(ParseExpression(none)) << none;
  const auto rows = RowsOf({{"d", arrow::decimal128(38, 10), R"(["1234567890123456789012345678.1234567890",
                                                                 "1234567890123456789012345678.1234567891", null])"},
                            {"unzoned", arrow::timestamp(arrow::TimeUnit::MICRO), "[0, 1, null]"},
                            {"nanos", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[0, 1, null]"},
                            {"clock", arrow::time64(arrow::TimeUnit::MICRO), "[0, 1, null]"}});
  for (const auto& [expression, wanted] :
       std::map<std::string, std::string>{{"d = 1234567890123456789012345678.1234567890", "[true,false,null]"},
                                          {"1234567890123456789012345678.12345678905 < d", "[false,true,null]"},
                                          {"d > -1e30", "[true,true,null]"},
                                          {"d < 1e60", "[true,true,null]"},
                                          {"d > 5", "[true,true,null]"},
                                          {"unzoned = '1970-01-01T00:00:00'", "[true,false,null]"},
                                          {"nanos < '1970-01-01T00:00:00.000000001Z'", "[true,false,null]"},
                                          {"clock < '00:00:00.000001'", "[true,false,null]"}}) {
    const auto array = Evaluate(*ParseExpression(expression), *rows);
    EXPECT_EQ(array ? Text(**array) : array.error().message, wanted) << expression;
  }
}

// Goal:   CASE, coalesce, nullif and text functions are correct.
// Method: one expression for each.
TEST(Evaluate, ChoicesAndTexts) {
  EXPECT_EQ(Value("case when x > 0 then 'up' when x < 0 then 'down' end"), "[up,down,null,null]");
  EXPECT_EQ(Value("case when x > 0 then small else 0 end"), "[1,0,0,0]");
  EXPECT_EQ(Value("coalesce(x, small, 9.0)"), "[2.5,-2.5,9,0]");
  EXPECT_EQ(Value("nullif(small, 2)"), "[1,null,null,3]");
  EXPECT_EQ(Value("trim(s)"), "[Ab,zürich,null,]");
  EXPECT_EQ(Value("upper(s) || '!'"), "[ AB\t!,ZÜRICH!,null,!]");
  EXPECT_EQ(Value("length(s)"), "[4,6,null,0]");
}

// Goal:   times are rounded down, also before 1970.
// Method: the microsecond before 1970.
TEST(Evaluate, Times) {
  EXPECT_EQ(Value("date(t)"), "[1970-01-01,1969-12-31,null,1970-01-02]");
  EXPECT_EQ(Value("hour(t)"), "[0,23,null,1]");
}

// Goal:   a condition selects the rows for which it is true, not those for which it is null.
// Method: a comparison that is true, false and null.
TEST(Evaluate, TrueRows) {
  const auto rows = RowsOf({{"n", arrow::int64(), "[7, -7, null]"}});
  EXPECT_EQ(*TrueRows(*ParseExpression("n > 0"), *rows), (std::vector<bool>{true, false, false}));
}

// Goal:   a computed column has the type of its field, and text without blanks to trim is not copied.
// Method: a long as a double; a text without blanks at its ends.
TEST(Evaluate, TypesAndCopies) {
  const auto rows = RowsOf({{"n", arrow::int64(), "[7]"}, {"s", arrow::utf8(), R"(["a b"])"}});
  const auto array = *EvaluateAs(*ParseExpression("n"), {.id = iceberg::TypeId::kDouble}, *rows);
  EXPECT_EQ(array->type_id(), arrow::Type::DOUBLE);
  EXPECT_EQ(Trimmed(rows->column(1))->get(), rows->column(1).get());
}

}  // namespace
}  // namespace ingot::pipeline
