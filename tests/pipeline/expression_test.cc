#include "pipeline/expression.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

using iceberg::TypeId;
const ColumnTypes kColumns{{"speed", {.id = TypeId::kDouble}},
                           {"n", {.id = TypeId::kLong}},
                           {"at", {.id = TypeId::kTimestamptz}},
                           {"place", {.id = TypeId::kString}}};

Result<iceberg::Type> Type(const char* text) {
  return TypeOf(*ParseExpression(text), kColumns);
}

// Goal:   the type of an expression is known before it is evaluated.
// Method: one expression for each type of result, and operands of unsupported types.
TEST(Expression, Types) {
  EXPECT_EQ(Type("count(*)")->id, TypeId::kLong);
  EXPECT_EQ(Type("avg(n)")->id, TypeId::kDouble);
  EXPECT_EQ(Type("max(at)")->id, TypeId::kTimestamptz);
  EXPECT_EQ(Type("date(at)")->id, TypeId::kDate);
  EXPECT_EQ(Type("hour(at)")->id, TypeId::kInt);
  EXPECT_EQ(Type("n + 1")->id, TypeId::kLong);
  EXPECT_EQ(Type("n / 2")->id, TypeId::kDouble);
  EXPECT_EQ(Type("speed > 1 and place <> ''")->id, TypeId::kBoolean);
  for (const char* bad :
       {"avg(place)", "date(n)", "speed and n", "place + 1", "avg(max(n))", "spede > 1", "count_if(n)", "place > 5",
        "n = 'x'", "speed between 'a' and 'b'", "place in ('a', 2)", "at > 5", "n = (speed > 1)", "coalesce(place, 0)",
        "nullif(n, '')", "case when n then 1 end", "case when n > 1 then place else 0 end"})
    EXPECT_EQ(Type(bad).error().kind, ErrorKind::kBadConfig) << bad;
  for (const char* good :
       {"at > '2024-01-01'", "'2024-01-01' < date(at)", "n in (1, 2.5, null)", "place = null", "coalesce(null, n, 1.5)",
        "case when n > 1 then null else place end", "speed between n and 10"})
    EXPECT_TRUE(Type(good)) << good;
  EXPECT_EQ(Type("place > 5").error().message, "'>' takes values of one type, not a string and a long");
}

// Goal:   each engine gets SQL in its own dialect.
// Method: one expression in three dialects.
TEST(Expression, Dialects) {
  EXPECT_EQ(DialectNames(), (std::vector<std::string>{"embedded", "spark", "trino"}));
  const auto expression = *ParseExpression("share_if(speed >= 1.5)");
  EXPECT_EQ(ToSql(expression, Dialect::kEmbedded),
            "avg(CASE WHEN (\"speed\" >= 1.5e0) THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END)");
  EXPECT_EQ(ToSql(expression, Dialect::kSpark), "avg(CASE WHEN (`speed` >= 1.5D) THEN 1.0D ELSE 0.0D END)");
  EXPECT_EQ(ToSql(*ParseExpression("count(distinct place)"), Dialect::kTrino), "count(DISTINCT \"place\")");
  std::set<std::string> columns;
  CollectColumns(*ParseExpression("coalesce(speed, n) + length(place)"), columns);
  EXPECT_EQ(columns, (std::set<std::string>{"speed", "n", "place"}));
}

}  // namespace
}  // namespace ingot::pipeline
