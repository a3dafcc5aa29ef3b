#include <algorithm>

#include "pipeline/functions.h"

// A row without one of its members does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::pipeline {
namespace {

constexpr Function kAggregates[] = {
    {.name = "count",
     .usage = "count(*)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kRows}},
     .gives = Gives::kLong,
     .embedded = "count({0})",
     .spark = "count({0})",
     .trino = "count({0})",
     .computes = AggregateKind::kRows,
     .version = 1,
     .help = "The number of rows.",
     .example = "count(*)",
     .result = "6"},
    {.name = "count",
     .usage = "count(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kAny}},
     .gives = Gives::kLong,
     .embedded = "count({0})",
     .spark = "count({0})",
     .trino = "count({0})",
     .computes = AggregateKind::kCount,
     .version = 1,
     .help = "The number of rows in which `x` is not null.",
     .example = "count(x)",
     .result = "5"},
    {.name = "count",
     .usage = "count(distinct x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kDistinct}},
     .gives = Gives::kLong,
     .embedded = "count(DISTINCT {0})",
     .spark = "count(DISTINCT {0})",
     .trino = "count(DISTINCT {0})",
     .computes = AggregateKind::kCountDistinct,
     .version = 1,
     .help = "The exact number of distinct values. Nulls are not counted.",
     .example = "count(distinct x)",
     .result = "3"},
    {.name = "count_if",
     .usage = "count_if(condition)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kCondition}},
     .gives = Gives::kLong,
     .embedded = "count(*) FILTER (WHERE {0})",
     .spark = "count_if({0})",
     .trino = "count_if({0})",
     .computes = AggregateKind::kCountIf,
     .version = 1,
     .help = "The number of rows in which the condition is true.",
     .example = "count_if(x > 1)",
     .result = "3"},
    {.name = "share_if",
     .usage = "share_if(condition)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kCondition}},
     .gives = Gives::kDouble,
     .embedded = "avg(CASE WHEN {0} THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END)",
     .spark = "avg(CASE WHEN {0} THEN 1.0D ELSE 0.0D END)",
     .trino = "avg(CASE WHEN {0} THEN 1e0 ELSE 0e0 END)",
     .computes = AggregateKind::kShareIf,
     .version = 1,
     .help = "The share of all rows in which the condition is true, from 0 to 1.",
     .example = "share_if(x > 1)",
     .result = "0.5"},
    {.name = "avg",
     .usage = "avg(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kNumber}},
     .gives = Gives::kDouble,
     .embedded = "avg({0})",
     .spark = "avg({0})",
     .trino = "avg(CAST({0} AS DOUBLE))",
     .computes = AggregateKind::kAvg,
     .version = 1,
     .help = "The mean. Nulls are ignored.",
     .example = "avg(x)",
     .result = "3"},
    {.name = "sum",
     .usage = "sum(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kNumber}},
     .gives = Gives::kDouble,
     .embedded = "sum(CAST({0} AS DOUBLE))",
     .spark = "sum(CAST({0} AS DOUBLE))",
     .trino = "sum(CAST({0} AS DOUBLE))",
     .computes = AggregateKind::kSum,
     .version = 1,
     .help = "The sum. Nulls are ignored. Null if there is no value.",
     .example = "sum(x)",
     .result = "15"},
    {.name = "min",
     .usage = "min(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kAny}},
     .gives = Gives::kArgument,
     .embedded = "min({0})",
     .spark = "min({0})",
     .trino = "min({0})",
     .computes = AggregateKind::kMin,
     .version = 1,
     .help = "The smallest value. Nulls are ignored.",
     .example = "min(x)",
     .result = "1"},
    {.name = "max",
     .usage = "max(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kAny}},
     .gives = Gives::kArgument,
     .embedded = "max({0})",
     .spark = "max({0})",
     .trino = "max({0})",
     .computes = AggregateKind::kMax,
     .version = 1,
     .help = "The greatest value. NaN is greater than all numbers. Nulls are ignored.",
     .example = "max(x)",
     .result = "5"},
    {.name = "stddev",
     .usage = "stddev(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kNumber}},
     .gives = Gives::kDouble,
     .embedded = "stddev_samp({0})",
     .spark = "stddev_samp({0})",
     .trino = "stddev_samp({0})",
     .computes = AggregateKind::kStddev,
     .version = 1,
     .help = "The sample standard deviation. Null for fewer than two values.",
     .example = "stddev(x)",
     .result = "2"},
    {.name = "quantile",
     .usage = "quantile(x, 0.95)",
     .arguments = {.min = 2, .max = 2, .takes = {Takes::kNumber, Takes::kFraction}},
     .gives = Gives::kDouble,
     .embedded = "quantile_cont({0}, {1})",
     .spark = "percentile({0}, {1})",
     .trino =
         "element_at(transform(ARRAY[array_sort(array_agg(CAST({0} AS DOUBLE)) FILTER (WHERE {0} IS NOT NULL))], v -> "
         "CASE WHEN cardinality(v) > 0 THEN "
         "element_at(v, CAST(floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1)) AS INTEGER) + 1) + (CAST({1} AS DOUBLE) "
         "* (cardinality(v) - 1) - "
         "floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1))) * (element_at(v, CAST(ceil(CAST({1} AS DOUBLE) * "
         "(cardinality(v) - 1)) AS INTEGER) + 1) - "
         "element_at(v, CAST(floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1)) AS INTEGER) + 1)) END), 1)",
     .computes = AggregateKind::kQuantile,
     .version = 1,
     .help = "The exact quantile: that fraction of the values is below it. It is interpolated between two values.",
     .example = "quantile(x, 0.625)",
     .result = "4"},
};

/// Whether two rows have the same aggregate. A row copied from another would compute the same values.
constexpr bool SharesAggregate(const Function& row) {
  return std::ranges::count_if(kAggregates, [&](const Function& other) {
           return other.computes.index() == row.computes.index() &&
                  std::get<AggregateKind>(other.computes) == std::get<AggregateKind>(row.computes);
         }) != 1;
}

static_assert(std::ranges::all_of(kAggregates, IsComplete), "an aggregate has an empty part");
static_assert(std::ranges::none_of(kAggregates, SharesAggregate), "two rows are one aggregate");

}  // namespace

std::span<const Function> AggregateFunctions() {
  return kAggregates;
}

}  // namespace ingot::pipeline
