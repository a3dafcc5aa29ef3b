// The functions of pipeline expressions, one row per function (scalar_functions.cc, aggregate_functions.cc). The
// parser, the type check, the SQL of each engine, the evaluation, the definitions of tables and docs/functions.md all
// read them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/types.h"
#include "pipeline/expression.h"

namespace arrow {
struct Datum;
}

namespace ingot::pipeline {

/// What a function accepts as an argument.
enum class Takes { kAny, kNumber, kCondition, kText, kTime, kDigits, kFraction, kRows, kDistinct };

/// The type of the result. kArgument: the type of the first argument.
enum class Gives { kLong, kInt, kDouble, kDate, kText, kArgument };

/// A call of a scalar function with its computed arguments. Each is a column of `rows` rows, or one value for all rows.
struct CallOnRows {
  const Expression& call;
  std::vector<arrow::Datum> arguments;
  int64_t rows;
};
using ScalarFunction = Result<arrow::Datum> (*)(CallOnRows);

/// The aggregates. gold/aggregate.cc computes them.
enum class AggregateKind {
  kRows,
  kCount,
  kCountDistinct,
  kCountIf,
  kShareIf,
  kAvg,
  kSum,
  kMin,
  kMax,
  kStddev,
  kQuantile
};

struct Function {
  struct Arguments {
    size_t min, max;
    std::array<Takes, 2> takes;  // the last entry is also for all further arguments
    Takes At(size_t i) const { return takes[i < takes.size() ? i : takes.size() - 1]; }
  };

  std::string_view name;
  std::string_view usage;  // the syntax, for messages and docs
  Arguments arguments;
  Gives gives;
  // {0} and {1} are replaced by the arguments, {*} by all of them.
  std::string_view embedded, spark, trino;
  std::variant<ScalarFunction, AggregateKind> computes;
  int version;  // of the meaning; raised when the same arguments give another value (definition.h)
  std::string_view help;
  std::string_view example, result;  // on the sample rows

  std::string_view Sql(Dialect dialect) const;
  constexpr bool IsAggregate() const { return std::holds_alternative<AggregateKind>(computes); }
  constexpr bool TakesFirst(Takes what) const { return arguments.takes[0] == what; }
};

/// The sample rows of the examples: a field `t`, and a field `x` of type long with one row for each value.
inline constexpr std::string_view kSampleTime = "2024-07-19T18:40:00Z", kSampleNumbers = "[1, 1, 3, 5, 5, null]";

/// Checks that no member of a row is empty. The compiler reports members that are left out in the tables.
constexpr bool IsComplete(const Function& row) {
  for (const std::string_view text : {row.name, row.usage, row.help, row.example, row.result})
    if (text.empty()) return false;
  for (const std::string_view sql : {row.embedded, row.spark, row.trino})
    if (sql.find('{') == std::string_view::npos) return false;
  return row.version > 0 && row.arguments.min > 0 && row.arguments.max >= row.arguments.min;
}

std::span<const Function> ScalarFunctions();
std::span<const Function> AggregateFunctions();
/// Scalar functions and aggregates.
std::span<const Function> Functions();
std::span<const std::string> FunctionNames();

/// The function that is called. nullptr if no function of that name (lower case) accepts this syntax.
const Function* FindFunction(const Expression& call);
/// Input: a call of an aggregate.
AggregateKind AggregateOf(const Expression& call);
/// Whether the expression is a scalar function of a time, such as date(t).
bool IsPartOfTime(const Expression& expression);

/// The syntax of the functions of that name: "count(*) or count(x) or …". Empty if there are none.
std::string UsageOf(std::string_view name);
/// The SQL of the call. Input: `arguments`: the SQL of each argument.
std::string CallSql(const Expression& call, const std::vector<std::string>& arguments, Dialect dialect);
/// The type of the result for arguments of these types. Errors: kBadConfig for an argument that the function does not
/// accept.
Result<iceberg::Type> CheckCall(const Expression& call, std::span<const iceberg::Type> arguments);

bool IsNumber(const iceberg::Type& type);
/// Whether a text literal may stand for a time, a date or a UUID.
enum class TextLiterals { kAreText, kMayBeTimes };

/// Checks that values of the expressions can be in one column or be compared: numbers with numbers, otherwise equal
/// types; null with any. Errors: kBadConfig with `what` and both types.
Status CheckSameKind(const std::string& what, std::span<const Expression> expressions,
                     std::span<const iceberg::Type> types, TextLiterals literals);
std::string_view TakesText(Takes takes);
std::string_view GivesText(Gives gives);

}  // namespace ingot::pipeline
