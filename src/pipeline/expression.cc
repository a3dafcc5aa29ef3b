#include "pipeline/expression.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/clock.h"
#include "base/lower_case.h"
#include "base/spelling.h"
#include "iceberg/value.h"
#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Kind = Expression::Kind;
using iceberg::Type;
using iceberg::TypeId;

std::string QuoteText(std::string_view text, Dialect dialect) {
  const std::string escaped = TextOf(dialect, {.embedded = "'", .spark = "'\\", .trino = "'"});
  std::string out = "'";
  for (const char c : text) {
    if (escaped.contains(c)) out += c;
    out += c;
  }
  return out + "'";
}

std::string TimestampText(const Expression& text) {
  return FormatTimestampMicros(std::get<int64_t>(*iceberg::ParseValue(text.text, {.id = text.type})));
}

/// A typed literal: no engine reads it as text or in the time zone of its session.
std::string LiteralSql(const Expression& text, Dialect dialect) {
  if (text.type == TypeId::kString) return QuoteText(text.text, dialect);
  const bool date = text.type == TypeId::kDate, uuid = text.type == TypeId::kUuid;
  switch (dialect) {
    case Dialect::kEmbedded:
      return QuoteText(text.text, dialect);
    case Dialect::kSpark:
      if (date) return "DATE " + QuoteText(text.text, dialect);
      if (uuid) return QuoteText(LowerCase(text.text), dialect);
      return "TIMESTAMP " + QuoteText(TimestampText(text), dialect);
    case Dialect::kTrino: {
      if (date) return "DATE " + QuoteText(text.text, dialect);
      if (uuid) return "UUID " + QuoteText(LowerCase(text.text), dialect);
      std::string time = TimestampText(text);
      time.replace(time.find('T'), 1, " ").replace(time.find('Z'), 1, " UTC");
      return "TIMESTAMP " + QuoteText(time, dialect);
    }
  }
  return "";
}

/// Sets the type of a text literal to the type of the operand that it is compared with.
Status MarkLiteral(Expression& text, const Expression& beside, const ColumnTypes& columns) {
  if (text.kind != Kind::kText) return {};
  INGOT_ASSIGN(const Type type, TypeOf(beside, columns));
  if (type.id != TypeId::kTimestamptz && type.id != TypeId::kDate && type.id != TypeId::kUuid) return {};
  if (const auto value = iceberg::ParseValue(text.text, type); !value)
    return Fail(ErrorKind::kBadConfig, value.error().message);
  text.type = type.id;
  return {};
}

Status MarkTypes(Expression& expression, const ColumnTypes& columns) {
  for (Expression& argument : expression.arguments) INGOT_TRY(MarkTypes(argument, columns));
  if (expression.kind == Kind::kUnary || expression.kind == Kind::kBinary) {
    INGOT_ASSIGN(const Type type, TypeOf(expression, columns));
    expression.type = type.id;
  }
  static const std::set<std::string> comparisons{"=", "<>", "<", "<=", ">", ">="};
  const bool compares = expression.kind == Kind::kBetween || expression.kind == Kind::kIn ||
                        (expression.kind == Kind::kBinary && comparisons.contains(expression.text));
  for (size_t i = 1; compares && i < expression.arguments.size(); ++i) {
    INGOT_TRY(MarkLiteral(expression.arguments[i], expression.arguments[0], columns));
    INGOT_TRY(MarkLiteral(expression.arguments[0], expression.arguments[i], columns));
  }
  return {};
}

Result<Type> TypeOfCall(const Expression& call, const ColumnTypes& columns) {
  const bool aggregate = FindFunction(call)->IsAggregate();
  std::vector<Type> arguments;
  for (const Expression& argument : call.arguments) {
    if (aggregate && HasAggregate(argument))
      return Fail(ErrorKind::kBadConfig, "an aggregate inside an aggregate: " + call.text);
    INGOT_ASSIGN(arguments.emplace_back(), TypeOf(argument, columns));
  }
  return CheckCall(call, arguments);
}

Result<Type> TypeOfBinary(const Expression& binary, const ColumnTypes& columns) {
  INGOT_ASSIGN(const Type left, TypeOf(binary.arguments[0], columns));
  INGOT_ASSIGN(const Type right, TypeOf(binary.arguments[1], columns));
  if (binary.text == "and" || binary.text == "or") {
    if (left.id != TypeId::kBoolean || right.id != TypeId::kBoolean)
      return Fail(ErrorKind::kBadConfig, binary.text + " needs conditions on both sides");
    return Type{.id = TypeId::kBoolean};
  }
  if (binary.text == "||") return Type{.id = TypeId::kString};
  static const std::set<std::string> arithmetic{"+", "-", "*", "/", "%"};
  if (!arithmetic.contains(binary.text)) {
    INGOT_TRY(
        CheckSameKind("'" + binary.text + "'", binary.arguments, std::array{left, right}, TextLiterals::kMayBeTimes));
    return Type{.id = TypeId::kBoolean};
  }
  if (!IsNumber(left) || !IsNumber(right))
    return Fail(ErrorKind::kBadConfig,
                fmt::format("'{}' needs numbers, not {} and {}", binary.text, TypeName(left), TypeName(right)));
  if (binary.text == "/" || left.id == TypeId::kDouble || right.id == TypeId::kDouble || left.id == TypeId::kFloat ||
      right.id == TypeId::kFloat)
    return Type{.id = TypeId::kDouble};
  return Type{.id = TypeId::kLong};
}

/// The values of all branches are in one column: null takes the type of the others.
Result<Type> TypeOfCase(const Expression& expression, const ColumnTypes& columns) {
  std::vector<Expression> values;
  std::vector<Type> types;
  for (size_t i = 0; i < expression.arguments.size(); ++i) {
    const Expression& argument = expression.arguments[i];
    INGOT_ASSIGN(const Type type, TypeOf(argument, columns));
    const bool condition = i % 2 == 0 && i + 1 < expression.arguments.size();
    if (condition && type.id != TypeId::kBoolean && argument.kind != Kind::kNull)
      return Fail(ErrorKind::kBadConfig, "WHEN needs a condition, not a " + TypeName(type));
    if (condition) continue;
    values.push_back(argument);
    types.push_back(type);
  }
  INGOT_TRY(CheckSameKind("CASE", values, types, TextLiterals::kAreText));
  return TypeOf(expression.arguments[1], columns);
}

/// A number with a point is written as a double, because Spark and Trino would read it as a decimal. A whole number is
/// exact, up to the number of digits of the engines' decimals.
std::string NumberSql(const std::string& text, Dialect dialect) {
  constexpr size_t kDecimalDigitsMax = 38;
  const bool exponent = text.find_first_of("eE") != std::string::npos;
  if (!exponent && text.find('.') == std::string::npos && text.size() <= kDecimalDigitsMax) {
    const auto number = NumberOf(text);
    const bool whole = number && std::holds_alternative<int64_t>(*number);
    if (whole) return text;
    return fmt::format(fmt::runtime(TextOf(dialect, {.embedded = "{}", .spark = "{}", .trino = "DECIMAL '{}'"})), text);
  }
  if (exponent) return text + TextOf(dialect, {.embedded = "", .spark = "D", .trino = ""});
  return text + TextOf(dialect, {.embedded = "e0", .spark = "D", .trino = "e0"});
}

/// Whether arithmetic of whole numbers needs WholeSql. The embedded program computes it in its own code (evaluate.h).
bool NeedsWholeSql(Dialect dialect) {
  switch (dialect) {
    case Dialect::kEmbedded:
      return false;
    case Dialect::kSpark:
    case Dialect::kTrino:
      return true;
  }
  return true;
}

/// Arithmetic of whole numbers: null if the result does not fit into 64 bits. Otherwise engines would end the query.
std::string WholeSql(const std::string& left, const std::string& operation, const std::string& right, Dialect dialect) {
  switch (dialect) {
    case Dialect::kEmbedded:
      return fmt::format("({} {} {})", left, operation, right);
    case Dialect::kSpark: {
      const char* function = operation == "+" ? "try_add" : operation == "-" ? "try_subtract" : "try_multiply";
      return fmt::format("{}(CAST({} AS BIGINT), {})", function, left, right);
    }
    case Dialect::kTrino:
      return fmt::format("TRY(CAST({} AS BIGINT) {} {})", left, operation, right);
  }
  return "";
}

std::string BinarySql(const Expression& binary, const std::string& left, const std::string& right, Dialect dialect) {
  const std::string& operation = binary.text;
  const Expression& other = binary.arguments[1];
  const auto number = NumberOf(other.kind == Kind::kNumber ? other.text : "0");
  const bool certain = number && std::visit([](auto value) { return value != 0; }, *number);
  const std::string divisor = certain ? right : "nullif(" + right + ", 0)";
  if (operation == "/") return fmt::format("(CAST({} AS DOUBLE) / {})", left, divisor);
  if (operation == "%") return fmt::format("({} % {})", left, divisor);
  if (binary.type == TypeId::kLong && NeedsWholeSql(dialect)) return WholeSql(left, operation, right, dialect);
  return fmt::format("({} {} {})", left, operation == "and" ? "AND" : operation == "or" ? "OR" : operation, right);
}

}  // namespace

std::string_view DialectName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kEmbedded:
      return "embedded";
    case Dialect::kSpark:
      return "spark";
    case Dialect::kTrino:
      return "trino";
  }
  return "";
}

std::vector<std::string> DialectNames() {
  std::vector<std::string> names;
  for (const Dialect dialect : kDialects) names.emplace_back(DialectName(dialect));
  return names;
}

std::string TextOf(Dialect dialect, const DialectTexts& texts) {
  switch (dialect) {
    case Dialect::kEmbedded:
      return std::string(texts.embedded.sql);
    case Dialect::kSpark:
      return std::string(texts.spark.sql);
    case Dialect::kTrino:
      return std::string(texts.trino.sql);
  }
  return "";
}

std::string QuoteName(std::string_view name, Dialect dialect) {
  const char mark = TextOf(dialect, {.embedded = "\"", .spark = "`", .trino = "\""})[0];
  std::string out(1, mark);
  for (const char c : name) out += c == mark ? std::string(2, mark) : std::string(1, c);
  return out + mark;
}

Result<std::variant<int64_t, double>> NumberOf(std::string_view text) {
  const char* const end = text.data() + text.size();
  int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end)
    return whole;
  double real = 0;
  const auto read = std::from_chars(text.data(), end, real);
  if (read.ptr != end || read.ec == std::errc::invalid_argument)
    return Fail(ErrorKind::kBadConfig, fmt::format("not a number: {}", text));
  if (read.ec != std::errc()) return Fail(ErrorKind::kBadConfig, fmt::format("not in the range of double: {}", text));
  return real;
}

bool HasAggregate(const Expression& expression) {
  if (expression.kind == Kind::kCall && FindFunction(expression)->IsAggregate()) return true;
  for (const Expression& argument : expression.arguments)
    if (HasAggregate(argument)) return true;
  return false;
}

void CollectColumns(const Expression& expression, std::set<std::string>& columns) {
  if (expression.kind == Kind::kColumn) columns.insert(expression.text);
  for (const Expression& argument : expression.arguments) CollectColumns(argument, columns);
}

Result<Type> TypeOf(const Expression& expression, const ColumnTypes& columns) {
  switch (expression.kind) {
    case Kind::kColumn: {
      const auto found = columns.find(expression.text);
      if (found != columns.end() && found->second.id == TypeId::kTimestamptzNs)
        return Fail(
            ErrorKind::kBadConfig,
            "field '" + expression.text + "' is timestamptz_ns, which expressions do not support: use timestamptz");
      if (found != columns.end()) return found->second;
      std::vector<std::string> names;
      for (const auto& [name, type] : columns) names.push_back(name);
      return Fail(ErrorKind::kBadConfig,
                  "unknown field '" + expression.text + "'" + DidYouMean(expression.text, names));
    }
    case Kind::kNumber: {
      INGOT_ASSIGN(const auto number, NumberOf(expression.text));
      return Type{.id = std::holds_alternative<int64_t>(number) ? TypeId::kLong : TypeId::kDouble};
    }
    case Kind::kText:
      return Type{.id = TypeId::kString};
    case Kind::kStar:
    case Kind::kNull:
      return Type{.id = TypeId::kString};
    case Kind::kUnary: {
      INGOT_ASSIGN(const Type type, TypeOf(expression.arguments[0], columns));
      if (expression.text == "not" ? type.id != TypeId::kBoolean : !IsNumber(type))
        return Fail(ErrorKind::kBadConfig, "'" + expression.text + "' does not take a " + TypeName(type));
      return type;
    }
    case Kind::kBinary:
      return TypeOfBinary(expression, columns);
    case Kind::kCall:
      return TypeOfCall(expression, columns);
    case Kind::kBoolean:
      return Type{.id = TypeId::kBoolean};
    case Kind::kBetween:
    case Kind::kIn:
    case Kind::kIsNull: {
      std::vector<Type> types;
      for (const Expression& argument : expression.arguments) {
        INGOT_ASSIGN(types.emplace_back(), TypeOf(argument, columns));
      }
      INGOT_TRY(CheckSameKind(expression.kind == Kind::kIn ? "IN" : "BETWEEN", expression.arguments, types,
                              TextLiterals::kMayBeTimes));
      return Type{.id = TypeId::kBoolean};
    }
    case Kind::kCase:
      return TypeOfCase(expression, columns);
  }
  return Fail(ErrorKind::kInternal, "an expression without a type");
}

Result<Type> Resolve(Expression& expression, const ColumnTypes& columns) {
  INGOT_ASSIGN(const Type type, TypeOf(expression, columns));
  INGOT_TRY(MarkTypes(expression, columns));
  return type;
}

std::string ToSql(const Expression& expression, Dialect dialect) {
  const auto argument = [&](size_t i) { return ToSql(expression.arguments[i], dialect); };
  const char* negation = expression.negated ? "NOT " : "";
  switch (expression.kind) {
    case Kind::kColumn:
      return QuoteName(expression.text, dialect);
    case Kind::kNumber:
      return NumberSql(expression.text, dialect);
    case Kind::kText:
      return LiteralSql(expression, dialect);
    case Kind::kBoolean:
      return expression.text;
    case Kind::kNull:
      return "NULL";
    case Kind::kStar:
      return "*";
    case Kind::kUnary:
      if (expression.text == "not") return "(NOT " + argument(0) + ")";
      if (expression.type == TypeId::kLong && expression.arguments[0].kind != Kind::kNumber && NeedsWholeSql(dialect))
        return WholeSql("0", "-", argument(0), dialect);
      return "(-" + argument(0) + ")";
    case Kind::kBinary:
      return BinarySql(expression, argument(0), argument(1), dialect);
    case Kind::kCall: {
      std::vector<std::string> arguments;
      for (size_t i = 0; i < expression.arguments.size(); ++i) arguments.push_back(argument(i));
      return CallSql(expression, arguments, dialect);
    }
    case Kind::kBetween:
      return fmt::format("({} {}BETWEEN {} AND {})", argument(0), negation, argument(1), argument(2));
    case Kind::kIsNull:
      return fmt::format("({} IS {}NULL)", argument(0), negation);
    case Kind::kIn: {
      std::string list;
      for (size_t i = 1; i < expression.arguments.size(); ++i) list += (i > 1 ? ", " : "") + argument(i);
      return fmt::format("({} {}IN ({}))", argument(0), negation, list);
    }
    case Kind::kCase: {
      std::string sql = "CASE";
      size_t i = 0;
      for (; i + 1 < expression.arguments.size(); i += 2) sql += " WHEN " + argument(i) + " THEN " + argument(i + 1);
      if (i < expression.arguments.size()) sql += " ELSE " + argument(i);
      return sql + " END";
    }
  }
  return "";
}

}  // namespace ingot::pipeline
