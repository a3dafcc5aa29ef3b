#include "pipeline/definition_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/definition.h"

namespace ingot::pipeline {
namespace {

// Goal:   an expression is written as a user would write it, and so that it is parsed as the same expression.
// Method: texts with each operator, and with parentheses that are needed and that are not.
TEST(DefinitionText, Expressions) {
  for (const std::string text : {"sum(amount)",
                                 "count(*)",
                                 "count(distinct id)",
                                 "a + b * c",
                                 "(a + b) * c",
                                 "a - (b - c)",
                                 "a - b - c",
                                 "-a",
                                 "-(a + b)",
                                 "a = 1 and b < 2.50 or c",
                                 "a and (b or c)",
                                 "not (a and b)",
                                 "not a = b",
                                 "(a = b) = c",
                                 "a between 1 and 2 + 3",
                                 "a not between b and c",
                                 "a in (1, 2)",
                                 "a + 1 not in ('x', 'it''s')",
                                 "a is null",
                                 "a || b is not null",
                                 "case when a then 1 when b then 2 else 3 end",
                                 "\"odd name\" <> true",
                                 "null",
                                 "quantile(x, 0.95)",
                                 "a / b % c",
                                 "a / (b % c)"}) {
    const auto expression = ParseExpression(text);
    ASSERT_TRUE(expression) << expression.error().message;
    EXPECT_EQ(ExpressionText(ToJson(*expression)), text);
  }
  EXPECT_EQ(ExpressionText(ToJson(*ParseExpression("((a))*((b+c))"))), "a * (b + c)");
}

// Goal:   paths, lists, ranges and checks are written as in the pipeline file.
// Method: one of each form.
TEST(DefinitionText, OtherParts) {
  using Json = nlohmann::json;
  EXPECT_EQ(PathText(Json::parse(R"(["a", "b", -1, "c.d"])")), "$.a.b[-1]['c.d']");
  EXPECT_EQ(ListText(Json::parse(R"(["a", "b"])")), "[a, b]");
  EXPECT_EQ(ListText(Json::parse(R"([["a"], ["b", 0]])")), "[$.a, $.b[0]]");
  EXPECT_EQ(RangeText(Json::parse(R"({"time_min": 946684800000000, "time_max_after_now": 86400000000})")),
            "[2000-01-01, now+1d]");
  EXPECT_EQ(RangeText(Json::parse(R"({"time_max": 946684800500000, "time_max_after_now": 5400000000})")),
            "[0001-01-01, now+5400s]");
  EXPECT_EQ(RangeText(Json::parse(R"({"time_max_after_now": 0})")), "[0001-01-01, now]");
  EXPECT_EQ(RangeText(Json::parse(R"({"time_max": 946684800500000})")), "[0001-01-01, 2000-01-01T00:00:00.500000Z]");
  EXPECT_EQ(CheckText(Json::parse(R"({"kind": "not_null", "fields": ["a", "b"]})")), "not_null [a, b]");
}

// Goal:   damaged JSON throws the library's exception, which the caller translates.
// Method: a part of each kind with a member that is missing or of another type.
TEST(DefinitionText, Damaged) {
  using Json = nlohmann::json;
  for (const char* text : {"1", "[]", "{}", R"({"kind": 1})", R"({"kind": "binary", "text": "+"})", R"({"kind": "in"})",
                           R"({"kind": "between", "arguments": [{"kind": "null"}]})",
                           R"({"kind": "unary", "text": "not", "arguments": 5})", R"({"kind": "text", "text": 1})"})
    EXPECT_THROW(ExpressionText(Json::parse(text)), Json::exception) << text;
  EXPECT_THROW(PathText(Json::parse("[null]")), Json::exception);
  EXPECT_THROW(ListText(Json::parse("[1]")), Json::exception);
  EXPECT_THROW(RangeText(Json::parse(R"({"time_min": "x"})")), Json::exception);
  EXPECT_THROW(CheckText(Json::parse(R"({"fields": []})")), Json::exception);
}

}  // namespace
}  // namespace ingot::pipeline
