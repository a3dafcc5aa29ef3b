#include "pipeline/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ingot::pipeline {
namespace {

using Kind = Expression::Kind;
using iceberg::Type;
using iceberg::TypeId;

bool IsWholeLiteral(const Expression& expression) {
  const bool minus = expression.kind == Kind::kUnary && expression.text == "-";
  const Expression& number = minus ? expression.arguments[0] : expression;
  return number.kind == Kind::kNumber && number.text.find_first_not_of("0123456789") == std::string::npos;
}

bool IsFraction(const Expression& expression) {
  if (expression.kind != Kind::kNumber) return false;
  double share = -1;
  std::from_chars(expression.text.data(), expression.text.data() + expression.text.size(), share);
  return share >= 0 && share <= 1;
}

bool Fits(Takes takes, const Expression& argument, const Type& type) {
  switch (takes) {
    case Takes::kAny:
    case Takes::kRows:
    case Takes::kDistinct:
      return true;
    case Takes::kNumber:
      return IsNumber(type);
    case Takes::kCondition:
      return type.id == TypeId::kBoolean;
    case Takes::kText:
      return type.id == TypeId::kString;
    case Takes::kTime:
      return type.id == TypeId::kTimestamptz;
    case Takes::kDigits:
      return IsWholeLiteral(argument);
    case Takes::kFraction:
      return IsFraction(argument);
  }
  return false;
}

bool MatchesSyntax(const Function& function, const Expression& call) {
  const bool rows = !call.arguments.empty() && call.arguments[0].kind == Kind::kStar;
  return function.name == call.text && call.arguments.size() >= function.arguments.min &&
         call.arguments.size() <= function.arguments.max && function.TakesFirst(Takes::kRows) == rows &&
         function.TakesFirst(Takes::kDistinct) == call.distinct;
}

}  // namespace

bool IsNumber(const Type& type) {
  return type.id == TypeId::kInt || type.id == TypeId::kLong || type.id == TypeId::kFloat ||
         type.id == TypeId::kDouble || type.id == TypeId::kDecimal;
}

std::string_view Function::Sql(Dialect dialect) const {
  switch (dialect) {
    case Dialect::kEmbedded:
      return embedded;
    case Dialect::kSpark:
      return spark;
    case Dialect::kTrino:
      return trino;
  }
  return {};
}

std::string CallSql(const Expression& call, const std::vector<std::string>& arguments, Dialect dialect) {
  const std::string_view form = FindFunction(call)->Sql(dialect);
  std::string sql;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool slot = form[i] == '{' && i + 2 < form.size() && form[i + 2] == '}';
    if (!slot) {
      sql += form[i];
      continue;
    }
    if (form[i + 1] == '*')
      sql += fmt::format("{}", fmt::join(arguments, ", "));
    else
      sql += arguments[size_t(form[i + 1] - '0')];
    i += 2;
  }
  return sql;
}

std::span<const Function> Functions() {
  static const std::vector<Function> functions = [] {
    std::vector<Function> list;
    for (const auto rows : {ScalarFunctions(), AggregateFunctions()}) list.insert(list.end(), rows.begin(), rows.end());
    return list;
  }();
  return functions;
}

std::span<const std::string> FunctionNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Function& function : Functions())
      if (list.empty() || list.back() != function.name) list.emplace_back(function.name);
    return list;
  }();
  return names;
}

const Function* FindFunction(const Expression& call) {
  if (call.kind != Kind::kCall) return nullptr;
  const auto functions = Functions();
  const auto found = std::ranges::find_if(functions, [&](const auto& row) { return MatchesSyntax(row, call); });
  return found == functions.end() ? nullptr : &*found;
}

AggregateKind AggregateOf(const Expression& call) {
  return std::get<AggregateKind>(FindFunction(call)->computes);
}

bool IsPartOfTime(const Expression& expression) {
  const Function* const function = FindFunction(expression);
  return function != nullptr && !function->IsAggregate() && function->TakesFirst(Takes::kTime);
}

std::string UsageOf(std::string_view name) {
  std::string usage;
  for (const Function& function : Functions())
    if (function.name == name) usage += (usage.empty() ? "" : " or ") + std::string(function.usage);
  return usage;
}

Result<Type> CheckCall(const Expression& call, std::span<const Type> arguments) {
  const Function& function = *FindFunction(call);
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Takes takes = function.arguments.At(i);
    if (Fits(takes, call.arguments[i], arguments[i])) continue;
    if (takes == Takes::kDigits || takes == Takes::kFraction)
      return Fail(ErrorKind::kBadConfig,
                  fmt::format("{}: argument {} must be a {}", function.usage, i + 1, TakesText(takes)));
    return Fail(ErrorKind::kBadConfig, fmt::format("{} does not take a {}", function.usage, TypeName(arguments[i])));
  }
  if (function.gives == Gives::kArgument && !function.IsAggregate())
    INGOT_TRY(CheckSameKind(std::string(function.usage), call.arguments, arguments, TextLiterals::kAreText));
  switch (function.gives) {
    case Gives::kLong:
      return Type{.id = TypeId::kLong};
    case Gives::kDouble:
      return Type{.id = TypeId::kDouble};
    case Gives::kInt:
      return Type{.id = TypeId::kInt};
    case Gives::kDate:
      return Type{.id = TypeId::kDate};
    case Gives::kText:
      return Type{.id = TypeId::kString};
    case Gives::kArgument:
      return arguments[0];
  }
  return arguments[0];
}

Status CheckSameKind(const std::string& what, std::span<const Expression> expressions, std::span<const Type> types,
                     TextLiterals literals) {
  const auto written_as_text = [](const Type& type) {
    static constexpr TypeId kTypes[] = {TypeId::kTimestamptz, TypeId::kTimestamp, TypeId::kTimestampNs,
                                        TypeId::kTime,        TypeId::kDate,      TypeId::kUuid};
    return std::ranges::find(kTypes, type.id) != std::end(kTypes);
  };
  std::optional<size_t> first;
  for (size_t i = 0; i < types.size(); ++i) {
    if (expressions[i].kind == Kind::kNull) continue;
    if (!first) first = i;
    const Type &a = types[*first], &b = types[i];
    const bool literal =
        literals == TextLiterals::kMayBeTimes && ((expressions[i].kind == Kind::kText && written_as_text(a)) ||
                                                  (expressions[*first].kind == Kind::kText && written_as_text(b)));
    if (a == b || (IsNumber(a) && IsNumber(b)) || literal) continue;
    return Fail(ErrorKind::kBadConfig,
                fmt::format("{} takes values of one type, not a {} and a {}", what, TypeName(a), TypeName(b)));
  }
  return {};
}

std::string_view TakesText(Takes takes) {
  switch (takes) {
    case Takes::kAny:
    case Takes::kDistinct:
      return "any type";
    case Takes::kNumber:
      return "number";
    case Takes::kCondition:
      return "boolean";
    case Takes::kText:
      return "string";
    case Takes::kTime:
      return "timestamptz";
    case Takes::kDigits:
      return "whole number literal";
    case Takes::kFraction:
      return "number literal from 0 to 1";
    case Takes::kRows:
      return "rows";
  }
  return "";
}

std::string_view GivesText(Gives gives) {
  switch (gives) {
    case Gives::kLong:
      return "long";
    case Gives::kInt:
      return "int";
    case Gives::kDouble:
      return "double";
    case Gives::kDate:
      return "date";
    case Gives::kText:
      return "string";
    case Gives::kArgument:
      return "as the argument";
  }
  return "";
}

}  // namespace ingot::pipeline
