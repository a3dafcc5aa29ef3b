#include "pipeline/compare.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "iceberg/value.h"
#include "pipeline/arithmetic.h"
#include "rows/arrow_schema.h"

namespace ingot::pipeline {
namespace {

using arrow::Datum;
using iceberg::TypeId;
using Kind = Expression::Kind;

/// The type to which a literal is converted when it is compared with a value of this type. String: no conversion.
TypeId LiteralType(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::TIMESTAMP: {
      const auto& time = static_cast<const arrow::TimestampType&>(type);
      const bool nanos = time.unit() == arrow::TimeUnit::NANO;
      if (time.timezone().empty()) return nanos ? TypeId::kTimestampNs : TypeId::kTimestamp;
      return nanos ? TypeId::kTimestamptzNs : TypeId::kTimestamptz;
    }
    case arrow::Type::TIME64:
      return TypeId::kTime;
    case arrow::Type::DATE32:
      return TypeId::kDate;
    case arrow::Type::FIXED_SIZE_BINARY:
      return TypeId::kUuid;
    case arrow::Type::DOUBLE:
    case arrow::Type::FLOAT:
      return TypeId::kDouble;
    case arrow::Type::INT32:
    case arrow::Type::INT64:
      return TypeId::kLong;
    default:
      return TypeId::kString;
  }
}

/// The text of a number literal with its sign. Empty for any other expression.
std::string NumberText(const Expression& source) {
  if (source.kind == Kind::kNumber) return source.text;
  const bool minus = source.kind == Kind::kUnary && source.text == "-" && source.arguments[0].kind == Kind::kNumber;
  return minus ? "-" + source.arguments[0].text : "";
}

/// Converts a literal to the type of the other operand: text for times and UUIDs, numbers for decimals.
Result<Datum> LiteralFor(const Operand& operand, const Datum& other) {
  const Datum& value = operand.value;
  if (arrow::is_decimal(other.type()->id())) {
    arrow::Decimal256 exact;
    int32_t precision = 0, scale = 0;
    if (!arrow::Decimal256::FromString(NumberText(operand.source), &exact, &precision, &scale).ok()) return value;
    return Datum(std::make_shared<arrow::Decimal256Scalar>(exact, arrow::decimal256(std::max(precision, 1), scale)));
  }
  const TypeId wanted = LiteralType(*other.type());
  if (!value.is_scalar() || value.type()->id() != arrow::Type::STRING || wanted == TypeId::kString) return value;
  if (!value.scalar()->is_valid) return value;
  INGOT_ASSIGN(const auto literal, iceberg::ParseValue(value.scalar()->ToString(), {.id = wanted}));
  INGOT_ASSIGN(const auto array, rows::RepeatValue(literal, {.id = wanted}, 1));
  INGOT_ARROW_ASSIGN(auto scalar, array->GetScalar(0));
  return Datum(std::move(scalar));
}

}  // namespace

arrow::Datum Typed(const Datum& value, const std::shared_ptr<arrow::DataType>& type) {
  return value.type()->id() == arrow::Type::NA ? Datum(arrow::MakeNullScalar(type)) : value;
}

Result<Datum> Compare(const std::string& kernel, const Operand& left, const Operand& right, int64_t rows) {
  INGOT_ASSIGN(const Datum a, LiteralFor(left, right.value));
  INGOT_ASSIGN(const Datum b, LiteralFor(right, left.value));
  if (a.type()->id() == arrow::Type::NA || b.type()->id() == arrow::Type::NA)
    return Datum(arrow::MakeNullScalar(arrow::boolean()));
  return Compared(kernel, a, b, rows);
}

Result<Datum> Choose(const Datum& condition, const Datum& then, const Datum& otherwise) {
  INGOT_ASSIGN(const auto values, OneNumberType({Typed(then, otherwise.type()), Typed(otherwise, then.type())}));
  INGOT_ASSIGN(const Datum sure,
               Call("coalesce", {Typed(condition, arrow::boolean()), Datum(arrow::MakeScalar(false))}));
  return Call("if_else", {sure, values[0], values[1]});
}

}  // namespace ingot::pipeline
