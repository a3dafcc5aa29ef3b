// The expressions of the pipeline file: a small subset of SQL, parsed once, written out for each engine.
// Grammar and meaning: docs/pipeline-file.md.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "iceberg/types.h"

namespace ingot::pipeline {

enum class Dialect { kEmbedded, kSpark, kTrino };

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
  std::vector<Expression> arguments;  // of a case: condition, value, … and the else value last when their number is odd
  /// What Resolve finds of text, which may be a literal of another type, and of arithmetic, whose result may be whole.
  iceberg::TypeId type = iceberg::TypeId::kString;
};

/// Errors: kBadConfig with the position in the text and what was expected; unknown functions name the nearest one.
Result<Expression> ParseExpression(std::string_view text);

/// A number as it is written, without a sign: whole where it has neither point nor exponent and 64 bits hold it.
/// Errors: kBadConfig for what is none, or none that a double holds.
Result<std::variant<int64_t, double>> NumberOf(std::string_view text);

using ColumnTypes = std::map<std::string, iceberg::Type>;

/// The type of the result. Errors: kBadConfig for an unknown column (with the nearest one), for an aggregate inside an
/// aggregate, or for operands that do not fit.
Result<iceberg::Type> TypeOf(const Expression& expression, const ColumnTypes& columns);

/// The same, and fills in the types of text and arithmetic. Errors: also kBadConfig for text beside a time, a date or a
/// UUID that is none.
Result<iceberg::Type> Resolve(Expression& expression, const ColumnTypes& columns);

std::string ToSql(const Expression& expression, Dialect dialect);
std::string QuoteName(std::string_view name, Dialect dialect);

bool HasAggregate(const Expression& expression);
void CollectColumns(const Expression& expression, std::set<std::string>& columns);

}  // namespace ingot::pipeline
