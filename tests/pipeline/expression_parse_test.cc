#include <gtest/gtest.h>

#include "pipeline/expression.h"

namespace ingot::pipeline {
namespace {

std::string Sql(const char* text) {
  const auto expression = ParseExpression(text);
  return expression ? ToSql(*expression, Dialect::kEmbedded) : expression.error().message;
}

// Goal:   precedence is that of SQL.
// Method: expressions, and the same expressions with all brackets.
TEST(ExpressionParse, Precedence) {
  EXPECT_EQ(Sql("a + b * c"), "(\"a\" + (\"b\" * \"c\"))");
  EXPECT_EQ(Sql("not a = 1 or b < 2 and c > 3"), "((NOT (\"a\" = 1)) OR ((\"b\" < 2) AND (\"c\" > 3)))");
  EXPECT_EQ(Sql("a not between 1 and 2 + 3"), "(\"a\" NOT BETWEEN 1 AND (2 + 3))");
  EXPECT_EQ(Sql("x is not null and y in ('a', 'it''s')"), "((\"x\" IS NOT NULL) AND (\"y\" IN ('a', 'it''s')))");
  EXPECT_EQ(Sql("case when a then 1 else 2 end"), "CASE WHEN \"a\" THEN 1 ELSE 2 END");
  EXPECT_EQ(Sql("-a % 2"), "((-\"a\") % 2)");
}

// Goal:   errors have the position and what was expected.
// Method: mistakes, and texts that must not crash.
TEST(ExpressionParse, Errors) {
  EXPECT_NE(Sql("a +").find("at character 4: expected a column, a value or '(', found the end"), std::string::npos);
  EXPECT_NE(Sql("averg(x)").find("did you mean 'avg'"), std::string::npos);
  EXPECT_NE(Sql("quantile(x)").find("is written quantile(x, 0.95)"), std::string::npos);
  EXPECT_NE(Sql("a between 1").find("expected AND"), std::string::npos);
  EXPECT_NE(Sql("a b").find("expected the end"), std::string::npos);
  EXPECT_FALSE(ParseExpression(std::string(100'000, '(')));
  EXPECT_FALSE(ParseExpression(std::string(100'000, '-')));
  EXPECT_FALSE(
      ParseExpression("'open"
                      "\xff\xfe;"));
}

}  // namespace
}  // namespace ingot::pipeline
