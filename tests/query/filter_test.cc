#include "query/filter.h"

#include <gtest/gtest.h>

#include "iceberg/value.h"

namespace ingot::query {
namespace {

using iceberg::TypeId;

iceberg::Schema Columns(const char* name = "n") {
  return {.schema_id = 0,
          .fields = {{.id = 1, .name = name, .type = {.id = TypeId::kLong}},
                     {.id = 2, .name = "x", .type = {.id = TypeId::kDouble}},
                     {.id = 3, .name = "place", .type = {.id = TypeId::kString}},
                     {.id = 4, .name = "date", .type = {.id = TypeId::kDate}},
                     {.id = 5, .name = "timestamp", .type = {.id = TypeId::kTimestamptz}},
                     {.id = 6, .name = "user_id", .type = {.id = TypeId::kUuid}}},
          .identifier_field_ids = {}};
}

/// Whether a file may contain a matching row. The file has n in [10, 20], x in [1, 2], place in ["b", "d"], date in
/// [2026-01-10, 2026-01-20], timestamp in [2026-01-10 12:00, 2026-01-20 12:00], one user_id, and nulls in n.
bool May(const std::vector<std::string>& conditions, const iceberg::Schema& schema = Columns()) {
  const auto bound = iceberg::BoundFilter::Bind(FilterOf(conditions, schema), schema);
  EXPECT_TRUE(bound) << bound.error().message;
  return bound->MayMatch([](iceberg::FieldId id) -> iceberg::ColumnMetrics {
    const auto value = [](const char* text, TypeId type) { return *iceberg::ParseValue(text, {.id = type}); };
    iceberg::ColumnMetrics known{.may_be_null = id == 1, .may_be_nan = false};
    if (id == 1) known.lower = int64_t(10), known.upper = int64_t(20);
    if (id == 2) known.lower = 1.0, known.upper = 2.0;
    if (id == 3) known.lower = std::string("b"), known.upper = std::string("d");
    if (id == 4) known.lower = value("2026-01-10", TypeId::kDate), known.upper = value("2026-01-20", TypeId::kDate);
    if (id == 5)
      known.lower = value("2026-01-10 12:00", TypeId::kTimestamptz),
      known.upper = value("2026-01-20 12:00", TypeId::kTimestamptz);
    if (id == 6) known.lower = known.upper = value("550e8400-e29b-41d4-a716-446655440000", TypeId::kUuid);
    return known;
  });
}

// Goal:   files without a matching row are excluded, and no others. Method: conditions as plans write them.
TEST(QueryFilter, ExcludesFiles) {
  for (const char* condition : {"",
                                "(n = 15)",
                                "(x >= 2.0)",
                                "((n = 1) OR (n = 12))",
                                "(n BETWEEN 5 AND 10)",
                                "(n IS NULL)",
                                "(place = 'b AND c')",
                                "(place = 'c''s) AND (n = 1')",
                                "prefix(place, 'z')",
                                "(upper(place) = 'Z')",
                                "((n = 15) AND (upper(place) = 'Z'))",
                                "((n = 1) OR (upper(place) = 'Z'))",
                                "(NOT ((n >= 1) AND (n <= 30)))",
                                "(date = '2026-01-15'::DATE)",
                                "(date != '2026-01-15'::DATE)",
                                "(CAST(n AS VARCHAR) = '1')",
                                "(n > x)",
                                "(timestamp >= '2026-01-20 12:00:00+00'::TIMESTAMP WITH TIME ZONE)",
                                "(timestamp > CAST('0044-01-01 BC' AS TIMESTAMP WITH TIME ZONE))",
                                "(timestamp > 'infinity'::TIMESTAMP WITH TIME ZONE)",
                                "(CAST(timestamp AS DATE) = '2026-01-10'::DATE)",
                                "(CAST(timestamp AS DATE) <= '2026-01-10'::DATE)",
                                "(CAST(timestamp AS DATE) >= '2026-01-20'::DATE)",
                                "(CAST(timestamp AS DATE) != '2026-02-20'::DATE)",
                                "(user_id = '550e8400-e29b-41d4-a716-446655440000'::UUID)",
                                "(n = 1",
                                "n = 1",
                                "((n = 1)",
                                "(gone = 1)"})
    EXPECT_TRUE(May({condition})) << condition;
  for (const char* condition :
       {"(n = 9)",
        "(x > 2.0)",
        "((n = 1) OR (n = 2))",
        "(n BETWEEN 1 AND 9)",
        "(x IS NULL)",
        "(place = 'z (x) OR')",
        "(place = 'a''s')",
        "((n = 9) AND (upper(place) = 'Z'))",
        "((date = '2026-02-01'::DATE) AND (n = 12))",
        "(date BETWEEN '2025-01-01'::DATE AND '2025-02-01'::DATE)",
        "((n = 1) OR ((n = 12) AND (x = 5.0)))",
        "(timestamp > '2026-01-20 12:00:00+00'::TIMESTAMP WITH TIME ZONE)",
        "(n = -12)",
        "(timestamp BETWEEN '2024-01-01 00:00:00+00'::TIMESTAMP WITH TIME ZONE AND '2024-01-01 00:00:00.000001+00'"
        "::TIMESTAMP WITH TIME ZONE)",
        "(CAST(timestamp AS DATE) = '2026-01-09'::DATE)",
        "(CAST(timestamp AS DATE) < '2026-01-10'::DATE)",
        "(CAST(timestamp AS DATE) > '2026-01-20'::DATE)",
        "(CAST(timestamp AS DATE) >= '2026-01-21'::DATE)",
        "(CAST(timestamp AS DATE) BETWEEN '2026-01-01'::DATE AND '2026-01-09'::DATE)",
        "(user_id = '650e8400-e29b-41d4-a716-446655440000'::UUID)"})
    EXPECT_FALSE(May({condition})) << condition;
}

// Goal:   a file is read if any scan needs it; ambiguous column names exclude nothing. Method: two conditions, none;
// columns with such names.
TEST(QueryFilter, ScansAndNames) {
  EXPECT_FALSE(May({"(n = 1)", "(n = 2)"}));
  EXPECT_TRUE(May({"(n = 1)", "(n = 12)"}));
  EXPECT_TRUE(May({"(n = 1)", ""}));
  EXPECT_TRUE(May({}));
  EXPECT_FALSE(May({"(x = 9.0)"}, Columns("user-name")));
  EXPECT_TRUE(May({"(x = 9.0)"}, Columns("n = 1 OR m")));
  EXPECT_TRUE(May({"(x = 9.0)"}, Columns("X")));
  std::string deep = "(n = 1)";
  for (int i = 0; i < 1000; ++i) deep = "(" + deep + " AND (n = 1))";
  EXPECT_TRUE(May({deep.substr(0, deep.size() - 1)}));
}

}  // namespace
}  // namespace ingot::query
