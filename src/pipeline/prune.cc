#include "pipeline/prune.h"

#include <map>

#include "iceberg/value.h"

namespace ingot::pipeline {
namespace {

using iceberg::Filter;
using iceberg::FilterOp;
using Kind = Expression::Kind;

/// The literal as a value of the column's type. Empty if it is not a value of that type, e.g. 1.5 for whole numbers.
std::optional<iceberg::Value> LiteralOf(const Expression& expression, const iceberg::Type& type) {
  std::string text = expression.text;
  const bool minus = expression.kind == Kind::kUnary && text == "-" && expression.arguments[0].kind == Kind::kNumber;
  if (minus)
    text = "-" + expression.arguments[0].text;
  else if (expression.kind != Kind::kNumber && expression.kind != Kind::kText && expression.kind != Kind::kBoolean)
    return std::nullopt;
  auto value = iceberg::ParseValue(text, type);
  if (!value) return std::nullopt;
  // Floats are compared as doubles. 0.1 is between two floats, and rounding it would change the condition.
  if (const float* real = std::get_if<float>(&*value)) {
    const auto exact = iceberg::ParseValue(text, {.id = iceberg::TypeId::kDouble});
    if (!exact || std::get<double>(*exact) != double(*real)) return std::nullopt;
  }
  return std::move(*value);
}

Filter Compared(const Expression& column, FilterOp op, const Expression& literal, const ColumnTypes& columns) {
  const auto type = columns.find(column.text);
  if (column.kind != Kind::kColumn || type == columns.end()) return {};
  auto value = LiteralOf(literal, type->second);
  return value ? iceberg::Compare(column.text, op, std::move(*value)) : Filter();
}

Filter OfBinary(const Expression& binary, const ColumnTypes& columns) {
  const Expression &left = binary.arguments[0], &right = binary.arguments[1];
  if (binary.text == "and") return iceberg::And({FilterOf(left, columns), FilterOf(right, columns)});
  if (binary.text == "or") {
    Filter one = FilterOf(left, columns), other = FilterOf(right, columns);
    if (one.op == FilterOp::kTrue || other.op == FilterOp::kTrue) return {};
    return iceberg::Or({std::move(one), std::move(other)});
  }
  static const std::map<std::string, std::pair<FilterOp, FilterOp>> ops{
      // column op literal, and literal op column
      {"=", {FilterOp::kEqual, FilterOp::kEqual}},
      {"<", {FilterOp::kLess, FilterOp::kGreater}},
      {"<=", {FilterOp::kLessOrEqual, FilterOp::kGreaterOrEqual}},
      {">", {FilterOp::kGreater, FilterOp::kLess}},
      {">=", {FilterOp::kGreaterOrEqual, FilterOp::kLessOrEqual}}};
  const auto op = ops.find(binary.text);
  if (op == ops.end()) return {};
  if (left.kind == Kind::kColumn) return Compared(left, op->second.first, right, columns);
  return Compared(right, op->second.second, left, columns);
}

}  // namespace

Filter FilterOf(const Expression& condition, const ColumnTypes& columns) {
  const auto& arguments = condition.arguments;
  switch (condition.kind) {
    case Kind::kBinary:
      return OfBinary(condition, columns);
    case Kind::kBetween:
      if (condition.negated) return {};
      return iceberg::And({Compared(arguments[0], FilterOp::kGreaterOrEqual, arguments[1], columns),
                           Compared(arguments[0], FilterOp::kLessOrEqual, arguments[2], columns)});
    case Kind::kIn: {
      if (condition.negated || arguments[0].kind != Kind::kColumn || !columns.contains(arguments[0].text)) return {};
      std::vector<iceberg::Value> values;
      for (size_t i = 1; i < arguments.size(); ++i) {
        auto value = LiteralOf(arguments[i], columns.at(arguments[0].text));
        if (!value) return {};
        values.push_back(std::move(*value));
      }
      return iceberg::In(arguments[0].text, std::move(values));
    }
    case Kind::kIsNull:
      if (arguments[0].kind != Kind::kColumn || !columns.contains(arguments[0].text)) return {};
      return iceberg::Compare(arguments[0].text, condition.negated ? FilterOp::kNotNull : FilterOp::kIsNull, {});
    case Kind::kColumn:
    case Kind::kNumber:
    case Kind::kText:
    case Kind::kBoolean:
    case Kind::kNull:
    case Kind::kStar:
    case Kind::kUnary:
    case Kind::kCall:
    case Kind::kCase:
      break;
  }
  return {};
}

}  // namespace ingot::pipeline
