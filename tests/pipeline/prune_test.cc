#include "pipeline/prune.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

using iceberg::TypeId;

const ColumnTypes kColumns{{"n", {.id = TypeId::kLong}},
                           {"x", {.id = TypeId::kDouble}},
                           {"f", {.id = TypeId::kFloat}},
                           {"s", {.id = TypeId::kString}},
                           {"d", {.id = TypeId::kDate}}};

/// Whether a file may have a row for which the condition is true. The metrics of the file: n in [10, 20] with nulls, x
/// in [1, 2], s in ["b", "d"], d in [2026-01-10, 2026-01-20], f is the float next to 0.1, which is greater than 0.1.
bool May(const std::string& condition) {
  const iceberg::Schema schema{.schema_id = 0,
                               .fields = {{.id = 1, .name = "n", .type = {.id = TypeId::kLong}},
                                          {.id = 2, .name = "x", .type = {.id = TypeId::kDouble}},
                                          {.id = 3, .name = "s", .type = {.id = TypeId::kString}},
                                          {.id = 4, .name = "d", .type = {.id = TypeId::kDate}},
                                          {.id = 5, .name = "f", .type = {.id = TypeId::kFloat}}},
                               .identifier_field_ids = {}};
  const auto parsed = ParseExpression(condition);
  EXPECT_TRUE(parsed) << condition;
  const auto bound = iceberg::BoundFilter::Bind(FilterOf(*parsed, kColumns), schema);
  EXPECT_TRUE(bound) << condition << ": " << bound.error().message;
  return bound->MayMatch([](iceberg::FieldId id) -> iceberg::ColumnMetrics {
    iceberg::ColumnMetrics known{.may_be_null = id == 1, .may_be_nan = false};
    if (id == 1) known.lower = int64_t(10), known.upper = int64_t(20);
    if (id == 2) known.lower = 1.0, known.upper = 2.0;
    if (id == 3) known.lower = std::string("b"), known.upper = std::string("d");
    if (id == 4) known.lower = int32_t(20463), known.upper = int32_t(20473);
    if (id == 5) known.lower = known.upper = 0.1f;
    return known;
  });
}

// Goal:   only files without a matching row are pruned.
// Method: conditions of each kind, true and false for some row, and conditions that are not converted.
TEST(Prune, RangesOfConditions) {
  for (const char* condition : {"n = 15",
                                "15 = n",
                                "n >= 20",
                                "20 <= n",
                                "n in (1, 12)",
                                "n between 5 and 10",
                                "n is null",
                                "x > 1.5",
                                "f > 0.1",
                                "f < 0.5",
                                "s = 'c'",
                                "d = '2026-01-15'",
                                "n > 100 or x = 1",
                                "n <> 15",
                                "not n > 100",
                                "n not in (15)",
                                "n not between 0 and 100",
                                "n + 1 > 100",
                                "n > x",
                                "n > 100.5 or n > 100.5",
                                "lower(s) = 'z'",
                                "s = 'z' or lower(s) = 'z'",
                                "n > 5 and s < 'c'",
                                "n < 100.5",
                                "case when n > 1 then true else false end"})
    EXPECT_TRUE(May(condition)) << condition;
  for (const char* condition : {"n = 9", "9 = n", "n > 20", "21 <= n", "n < -1", "n in (1, 2)", "n between 1 and 9",
                                "x is null", "x > 2", "f > 0.5", "s = 'z'", "d < '2026-01-01'",
                                "n > 100 and lower(s) = 'z'", "n > 100 or x = 3", "(n = 1 or n = 2) and x > 0"})
    EXPECT_FALSE(May(condition)) << condition;
}

}  // namespace
}  // namespace ingot::pipeline
