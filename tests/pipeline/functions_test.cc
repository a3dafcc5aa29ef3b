#include "pipeline/functions.h"

#include <gtest/gtest.h>

#include "base/rows.h"
#include "pipeline/evaluate.h"
#include "tests/rows.h"

namespace ingot::pipeline {
namespace {

const ColumnTypes kSample{{"t", {.id = iceberg::TypeId::kTimestamptz}}, {"x", {.id = iceberg::TypeId::kLong}}};

// Goal:   each example parses as a call of its function and gives the type in its row. A scalar function gives the
//         result in its row (aggregates: aggregate_test.cc of gold).
// Method: all rows of the table.
TEST(Functions, ExamplesAreTrue) {
  const auto rows = RowsOf({{"t", Time(), "[1721414400000000]"}});
  for (const Function& function : Functions()) {
    auto example = ParseExpression(function.example);
    ASSERT_TRUE(example) << example.error().message;
    EXPECT_EQ(FindFunction(*example), &function) << function.usage;
    const auto type = Resolve(*example, kSample);
    ASSERT_TRUE(type) << type.error().message;
    EXPECT_TRUE(function.gives == Gives::kArgument || TypeName(*type) == GivesText(function.gives)) << function.usage;
    if (function.IsAggregate()) continue;
    const auto value = EvaluateAs(*example, *type, *rows);
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(Text(**value), "[" + std::string(function.result) + "]") << function.example;
  }
}

// Goal:   an argument of an unsupported type is an error before any record is read.
// Method: one call of each kind, and calls with valid arguments.
TEST(Functions, ArgumentsAreChecked) {
  const auto problem = [](const std::string& text) -> std::string {
    const auto parsed = ParseExpression(text);
    if (!parsed) return parsed.error().message;
    const auto type = TypeOf(*parsed, kSample);
    return type ? "" : type.error().message;
  };
  for (const auto& [text, said] : std::map<std::string, std::string>{
           {"avg('a')", "avg(x) does not take a string"},
           {"date(x)", "date(time) does not take a long"},
           {"trim(x)", "trim(text) does not take a long"},
           {"count_if(x)", "count_if(condition) does not take a long"},
           {"quantile(x, 2)", "quantile(x, 0.95): argument 2 must be a number literal from 0 to 1"},
           {"quantile(x, x)", "quantile(x, 0.95): argument 2 must be a number literal from 0 to 1"},
           {"round(x, 0.5)", "argument 2 must be a whole number literal"},
           {"round(x, x)", "argument 2 must be a whole number literal"},
           {"sum(distinct x)", "sum is written sum(x)"},
           {"sum(*)", "sum is written sum(x)"},
           {"count(x, t)", "count is written count(*) or count(x) or count(distinct x)"},
           {"sum(avg(x))", "an aggregate inside an aggregate: sum"},
           {"nothing(x)", "unknown function 'nothing'"}})
    EXPECT_NE(problem(text).find(said), std::string::npos) << text << ": " << problem(text);
  for (const char* text :
       {"round(x, -2)", "quantile(x, 1)", "quantile(x, 0)", "count(distinct t)", "coalesce(x, 1, 2, 3)"})
    EXPECT_EQ(problem(text), "") << text;
  EXPECT_EQ(UsageOf("nothing"), "");
}

}  // namespace
}  // namespace ingot::pipeline
