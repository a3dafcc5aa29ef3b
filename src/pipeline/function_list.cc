#include "pipeline/function_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

std::vector<std::string_view> ArgumentsText(const Function& function) {
  std::vector<std::string_view> list;
  const size_t shown = std::min(function.arguments.max, function.arguments.takes.size());
  for (size_t i = 0; i < shown; ++i) list.push_back(TakesText(function.arguments.At(i)));
  if (function.arguments.max > shown) list.emplace_back("…");
  return list;
}

std::string TableText(std::span<const Function> functions) {
  std::string text = "| function | arguments | result | meaning | example | gives |\n|---|---|---|---|---|---|\n";
  for (const Function& function : functions)
    text +=
        fmt::format("| `{}` | {} | {} | {} | `{}` | `{}` |\n", function.usage, fmt::join(ArgumentsText(function), ", "),
                    GivesText(function.gives), function.help, function.example, function.result);
  return text;
}

}  // namespace

std::string FunctionsPage() {
  return fmt::format(
      "# Functions\n\n"
      "The functions of expressions in the [pipeline file](pipeline-file.md#expressions). This page is the output of\n"
      "`ingot functions`; `ingot functions --json` also has the SQL of each example in DuckDB, Spark and Trino.\n\n"
      "In the examples, `t` is {} and `x` is a long with the values {},\n"
      "one in each row. Unless noted, null gives null. The type \"as the argument\" is that of the first argument.\n\n"
      "## Scalar functions\n\n{}\n## Aggregates\n\nOnly in `measures` of gold tables. A group without a value gives "
      "null, counts give 0.\n\n{}",
      kSampleTime, kSampleNumbers, TableText(ScalarFunctions()), TableText(AggregateFunctions()));
}

Result<std::string> FunctionsJson() {
  const ColumnTypes sample{{"t", {.id = iceberg::TypeId::kTimestamptz}}, {"x", {.id = iceberg::TypeId::kLong}}};
  std::string lines;
  for (const Function& function : Functions()) {
    INGOT_ASSIGN(Expression example, ParseExpression(function.example));
    INGOT_TRY(Resolve(example, sample));
    nlohmann::ordered_json sql;
    for (const Dialect dialect : kDialects) sql[std::string(DialectName(dialect))] = ToSql(example, dialect);
    const nlohmann::ordered_json json{{"name", function.name},
                                      {"usage", function.usage},
                                      {"aggregate", function.IsAggregate()},
                                      {"arguments", ArgumentsText(function)},
                                      {"result_type", GivesText(function.gives)},
                                      {"meaning", function.help},
                                      {"version", function.version},
                                      {"example", function.example},
                                      {"result", function.result},
                                      {"sql", sql}};
    lines += json.dump() + "\n";
  }
  return lines;
}

}  // namespace ingot::pipeline
