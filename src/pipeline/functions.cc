#include "pipeline/functions.h"

#include <vector>

namespace ingot::pipeline {
namespace {

using Gives = Function::Gives;

// Times are cut in UTC in every engine, whatever its session says.
constexpr Function kFunctions[] = {
    {"count", 1, 1, true, Gives::kLong, "count(*), count(x) or count(distinct x)", "count({0})", "count({0})",
     "count({0})"},
    {"count_if", 1, 1, true, Gives::kLong, "count_if(condition)", "count(*) FILTER (WHERE {0})", "count_if({0})",
     "count_if({0})"},
    {"share_if", 1, 1, true, Gives::kDouble, "share_if(condition)",
     "avg(CASE WHEN {0} THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END)", "avg(CASE WHEN {0} THEN 1.0D ELSE 0.0D END)",
     "avg(CASE WHEN {0} THEN 1e0 ELSE 0e0 END)"},
    {"avg", 1, 1, true, Gives::kDouble, "avg(x)", "avg({0})", "avg({0})", "avg(CAST({0} AS DOUBLE))"},
    {"sum", 1, 1, true, Gives::kDouble, "sum(x)", "sum(CAST({0} AS DOUBLE))", "sum(CAST({0} AS DOUBLE))",
     "sum(CAST({0} AS DOUBLE))"},
    {"min", 1, 1, true, Gives::kArgument, "min(x)", "min({0})", "min({0})", "min({0})"},
    {"max", 1, 1, true, Gives::kArgument, "max(x)", "max({0})", "max({0})", "max({0})"},
    {"stddev", 1, 1, true, Gives::kDouble, "stddev(x)", "stddev_samp({0})", "stddev_samp({0})", "stddev_samp({0})"},
    {"quantile", 2, 2, true, Gives::kDouble, "quantile(x, 0.95)", "quantile_cont({0}, {1})", "percentile({0}, {1})",
     "element_at(transform(ARRAY[array_sort(array_agg(CAST({0} AS DOUBLE)) FILTER (WHERE {0} IS NOT NULL))], v -> CASE "
     "WHEN cardinality(v) > 0 THEN "
     "element_at(v, CAST(floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1)) AS INTEGER) + 1) + (CAST({1} AS DOUBLE) * "
     "(cardinality(v) - 1) - "
     "floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1))) * (element_at(v, CAST(ceil(CAST({1} AS DOUBLE) * "
     "(cardinality(v) - 1)) AS INTEGER) + 1) - "
     "element_at(v, CAST(floor(CAST({1} AS DOUBLE) * (cardinality(v) - 1)) AS INTEGER) + 1)) END), 1)"},
    {"date", 1, 1, false, Gives::kDate, "date(time)", "CAST(make_timestamp(epoch_us({0})) AS DATE)",
     "to_date(to_utc_timestamp({0}, current_timezone()))", "CAST({0} AT TIME ZONE 'UTC' AS DATE)"},
    {"hour", 1, 1, false, Gives::kInt, "hour(time)", "CAST(hour(make_timestamp(epoch_us({0}))) AS INTEGER)",
     "hour(to_utc_timestamp({0}, current_timezone()))", "CAST(hour({0} AT TIME ZONE 'UTC') AS INTEGER)"},
    {"abs", 1, 1, false, Gives::kArgument, "abs(x)", "abs({0})",
     "CASE WHEN {0} < 0 THEN try_subtract(0, {0}) ELSE {0} END", "TRY(abs({0}))"},
    {"round", 1, 2, false, Gives::kDouble, "round(x) or round(x, digits)", "round({*})", "round({*})", "round({*})"},
    {"trim", 1, 1, false, Gives::kText, "trim(text)", "trim({0}, ' \t\n\r')", "trim(BOTH ' \t\n\r' FROM {0})",
     "trim(BOTH ' \t\n\r' FROM {0})"},
    {"lower", 1, 1, false, Gives::kText, "lower(text)", "lower({0})", "lower({0})", "lower({0})"},
    {"upper", 1, 1, false, Gives::kText, "upper(text)", "upper({0})", "upper({0})", "upper({0})"},
    {"length", 1, 1, false, Gives::kLong, "length(text)", "length({0})", "CAST(length({0}) AS BIGINT)", "length({0})"},
    {"coalesce", 1, 9, false, Gives::kArgument, "coalesce(a, b, …)", "coalesce({*})", "coalesce({*})", "coalesce({*})"},
    {"nullif", 2, 2, false, Gives::kArgument, "nullif(a, b)", "nullif({0}, {1})", "nullif({0}, {1})",
     "nullif({0}, {1})"},
};

}  // namespace

const Function* FindFunction(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == name) return &function;
  return nullptr;
}

std::span<const std::string> FunctionNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Function& function : kFunctions) list.emplace_back(function.name);
    return list;
  }();
  return names;
}

}  // namespace ingot::pipeline
