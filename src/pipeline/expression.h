// The expressions of the pipeline file: a small subset of SQL. They are parsed once and written as SQL for each engine.
// Grammar and meaning: docs/pipeline-file.md.
#pragma once

#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/enum_count.h"
#include "iceberg/types.h"

namespace ingot::pipeline {

/// The engines that can compute a stage. Each has its dialect of SQL.
enum class Dialect { kEmbedded, kSpark, kTrino };
inline constexpr Dialect kDialects[] = {Dialect::kEmbedded, Dialect::kSpark, Dialect::kTrino};
static_assert(std::size(kDialects) == kEnumCount<Dialect>, "an engine is missing");
/// The name of the engine in flags, reports and the ledger.
std::string_view DialectName(Dialect dialect);
std::vector<std::string> DialectNames();

/// What each dialect writes. A dialect that is left out does not compile, because a Text has no default.
struct DialectTexts {
  struct Text {
    constexpr Text(const char* sql) : sql(sql) {}
    std::string_view sql;
  };
  Text embedded, spark, trino;
};
std::string TextOf(Dialect dialect, const DialectTexts& texts);

struct Expression {
  enum class Kind {
    kColumn,
    kNumber,
    kText,
    kBoolean,
    kNull,
    kStar,
    kUnary,
    kBinary,
    kCall,
    kBetween,
    kIn,
    kIsNull,
    kCase
  };
  Kind kind = Kind::kNull;
  std::string text;                   // column name, literal, operator or function name in lower case
  bool negated = false;               // NOT BETWEEN, NOT IN, IS NOT NULL
  bool distinct = false;              // count(distinct x)
  std::vector<Expression> arguments;  // of CASE: condition, value, …; the else value is last if their number is odd
  /// Set by Resolve. For text: the type of the literal. For arithmetic: the type of the result, which may be long.
  iceberg::TypeId type = iceberg::TypeId::kString;
};

/// Errors: kBadConfig with the position in the text and what was expected. For an unknown function the message has the
/// nearest name.
Result<Expression> ParseExpression(std::string_view text);

/// Input:  a number without a sign.
/// Output: int64_t if the number has neither point nor exponent and fits into 64 bits, otherwise double.
/// Errors: kBadConfig for text that is not a number, and for a number outside of the range of double.
Result<std::variant<int64_t, double>> NumberOf(std::string_view text);

using ColumnTypes = std::map<std::string, iceberg::Type>;

/// The type of the result. Errors: kBadConfig for an unknown column (with the nearest name), for an aggregate inside an
/// aggregate, or for operands of an unsupported type.
Result<iceberg::Type> TypeOf(const Expression& expression, const ColumnTypes& columns);

/// The same, and sets the types of text and arithmetic. Errors: also kBadConfig for text that is compared with a time,
/// a date or a UUID and is not a valid one.
Result<iceberg::Type> Resolve(Expression& expression, const ColumnTypes& columns);

std::string ToSql(const Expression& expression, Dialect dialect);
std::string QuoteName(std::string_view name, Dialect dialect);

bool HasAggregate(const Expression& expression);
void CollectColumns(const Expression& expression, std::set<std::string>& columns);

}  // namespace ingot::pipeline
