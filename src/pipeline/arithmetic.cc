#include "pipeline/arithmetic.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>

namespace ingot::pipeline {
namespace {

using arrow::Datum;

bool IsWhole(const Datum& value) {
  return arrow::is_integer(value.type()->id());
}

Datum Whole(int64_t number) {
  return Datum(arrow::MakeScalar(number));
}

/// `compute(x, y, result)` for each row. The value is null if `compute` returns false or an argument is null.
template <typename Builder, typename Array, typename Compute>
Result<Datum> EachRow(const Datum& left, const Datum& right, int64_t rows, const Compute& compute) {
  INGOT_ASSIGN(const auto a, Repeated(left, rows));
  INGOT_ASSIGN(const auto b, Repeated(right, rows));
  const auto &x = static_cast<const Array&>(*a), &y = static_cast<const Array&>(*b);
  Builder builder;
  INGOT_ARROW(builder.Reserve(rows));
  for (int64_t row = 0; row < rows; ++row) {
    typename Builder::value_type result{};
    if (!x.IsNull(row) && !y.IsNull(row) && compute(x.Value(row), y.Value(row), result))
      builder.UnsafeAppend(result);
    else
      builder.UnsafeAppendNull();
  }
  INGOT_ARROW_ASSIGN(auto array, builder.Finish());
  return Datum(std::move(array));
}

Result<Datum> NullOnOverflow(const std::string& operation, const Datum& left, const Datum& right, int64_t rows) {
  return EachRow<arrow::Int64Builder, arrow::Int64Array>(left, right, rows, [&](int64_t x, int64_t y, int64_t& result) {
    return !(operation == "+"   ? __builtin_add_overflow(x, y, &result)
             : operation == "-" ? __builtin_sub_overflow(x, y, &result)
                                : __builtin_mul_overflow(x, y, &result));
  });
}

Result<Datum> Remainder(const Datum& left, const Datum& right, int64_t rows) {
  if (left.type()->id() == arrow::Type::INT64)
    return EachRow<arrow::Int64Builder, arrow::Int64Array>(left, right, rows,
                                                           [](int64_t x, int64_t y, int64_t& result) {
                                                             if (y != 0) result = y == -1 ? 0 : x % y;
                                                             return y != 0;
                                                           });
  return EachRow<arrow::DoubleBuilder, arrow::DoubleArray>(left, right, rows, [](double x, double y, double& result) {
    result = std::fmod(x, y);
    return y != 0;
  });
}

/// Compares exact values. A double cannot represent every whole number above 2^53.
std::partial_ordering Order(int64_t x, double y) {
  if (std::isnan(y)) return std::partial_ordering::unordered;
  if (y >= 0x1p63) return std::partial_ordering::less;
  if (y < -0x1p63) return std::partial_ordering::greater;
  const int64_t whole = int64_t(y);
  return x != whole ? std::partial_ordering(x <=> whole) : 0 <=> y - double(whole);
}

/// The result of Arrow's comparison kernel for two values in this order.
bool Holds(const std::string& kernel, std::partial_ordering order) {
  if (kernel == "equal") return order == 0;
  if (kernel == "not_equal") return order != 0;
  if (kernel == "less") return order < 0;
  if (kernel == "less_equal") return order <= 0;
  return kernel == "greater" ? order > 0 : order >= 0;
}

Result<Datum> ComparedExactly(const std::string& kernel, const Datum& left, const Datum& right, int64_t rows) {
  const bool whole_first = IsWhole(left);
  INGOT_ASSIGN(const auto a, Repeated(whole_first ? left : right, rows));
  INGOT_ASSIGN(const auto b, Repeated(whole_first ? right : left, rows));
  const auto& x = static_cast<const arrow::Int64Array&>(*a);
  const auto& y = static_cast<const arrow::DoubleArray&>(*b);
  const bool when_less = Holds(kernel, whole_first ? std::partial_ordering::less : std::partial_ordering::greater),
             when_greater = Holds(kernel, whole_first ? std::partial_ordering::greater : std::partial_ordering::less),
             when_equal = Holds(kernel, std::partial_ordering::equivalent),
             when_unordered = Holds(kernel, std::partial_ordering::unordered);
  arrow::BooleanBuilder builder;
  INGOT_ARROW(builder.Reserve(rows));
  for (int64_t row = 0; row < rows; ++row) {
    if (x.IsNull(row) || y.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const auto order = Order(x.Value(row), y.Value(row));
    builder.UnsafeAppend(order < 0 ? when_less : order > 0 ? when_greater : order == 0 ? when_equal : when_unordered);
  }
  INGOT_ARROW_ASSIGN(auto array, builder.Finish());
  return Datum(std::move(array));
}

/// `value` in rows where the condition is true, else null.
Result<Datum> Where(const Datum& condition, const Datum& value) {
  return Call("if_else", {condition, value, Datum(arrow::MakeNullScalar(value.type()))});
}

}  // namespace

Result<Datum> Call(const std::string& kernel, const std::vector<Datum>& arguments,
                   const arrow::compute::FunctionOptions* options) {
  INGOT_TRY(InitializeKernels());
  auto called = arrow::compute::CallFunction(kernel, arguments, options);
  if (!called.ok()) {
    Error error = FromArrow(called.status()).Context(kernel);
    if (error.kind == ErrorKind::kCorrupt) error.kind = ErrorKind::kBadInput;  // the function does not accept a value
    return std::unexpected(std::move(error));
  }
  return std::move(called).ValueUnsafe();
}

Result<Datum> CastTo(const Datum& value, const std::shared_ptr<arrow::DataType>& type) {
  if (value.type()->Equals(*type)) return value;
  Datum fits = value;
  if (type->id() == arrow::Type::INT32 && value.type()->id() == arrow::Type::INT64) {
    using Limits = std::numeric_limits<int32_t>;
    INGOT_ASSIGN(const Datum above, Call("greater_equal", {value, Whole(Limits::min())}));
    INGOT_ASSIGN(const Datum below, Call("less_equal", {value, Whole(Limits::max())}));
    INGOT_ASSIGN(const Datum inside, Call("and", {above, below}));
    INGOT_ASSIGN(fits, Where(inside, value));
  }
  arrow::compute::CastOptions options = arrow::compute::CastOptions::Safe(type);
  options.allow_float_truncate = true;  // for whole numbers above 2^53
  INGOT_ARROW_ASSIGN(auto cast, arrow::compute::Cast(fits, options));
  return cast;
}

Result<std::shared_ptr<arrow::Array>> Repeated(const Datum& value, int64_t rows) {
  if (value.is_array()) return value.make_array();
  INGOT_ARROW_ASSIGN(auto repeated, arrow::MakeArrayFromScalar(*value.scalar(), rows));
  return repeated;
}

Result<Datum> Arithmetic(const std::string& operation, const Datum& left, const Datum& right, int64_t rows) {
  const bool whole = operation != "/" && IsWhole(left) && IsWhole(right);
  const auto type = whole ? arrow::int64() : arrow::float64();
  INGOT_ASSIGN(const Datum a, CastTo(left, type));
  INGOT_ASSIGN(const Datum b, CastTo(right, type));
  if (operation == "%") return Remainder(a, b, rows);
  if (operation == "/") {
    INGOT_ASSIGN(const Datum certain, Call("not_equal", {b, Datum(arrow::MakeScalar(0.0))}));
    INGOT_ASSIGN(const Datum divisor, Where(certain, b));
    return Call("divide", {a, divisor});
  }
  auto result = Call(operation == "+"   ? "add_checked"
                     : operation == "-" ? "subtract_checked"
                                        : "multiply_checked",
                     {a, b});
  if (result || !whole) return result;
  return NullOnOverflow(operation, a, b, rows);
}

Result<Datum> Compared(const std::string& kernel, const Datum& left, const Datum& right, int64_t rows) {
  const auto is_real = [](const Datum& value) { return value.type()->id() == arrow::Type::DOUBLE; };
  auto result = Call(kernel, {left, right});  // fails if it compares whole numbers above 2^53 with doubles
  if (result || !((IsWhole(left) && is_real(right)) || (is_real(left) && IsWhole(right)))) return result;
  return ComparedExactly(kernel, left, right, rows);
}

Result<std::vector<Datum>> OneNumberType(std::vector<Datum> values) {
  const bool real =
      std::ranges::any_of(values, [](const Datum& value) { return value.type()->id() == arrow::Type::DOUBLE; });
  for (Datum& value : values)
    if (real && IsWhole(value)) {
      INGOT_ASSIGN(value, CastTo(value, arrow::float64()));
    }
  return values;
}

Result<Datum> Negated(const Datum& value, int64_t rows) {
  if (IsWhole(value)) return Arithmetic("-", Whole(0), value, rows);
  INGOT_ASSIGN(const Datum number, CastTo(value, arrow::float64()));
  return Call("negate", {number});
}

Result<Datum> Absolute(const Datum& value, int64_t rows) {
  if (!IsWhole(value)) return Call("abs", {value});
  INGOT_ASSIGN(const Datum negative, Call("less", {value, Whole(0)}));
  INGOT_ASSIGN(const Datum turned, Negated(value, rows));
  return Call("if_else", {negative, turned, value});
}

}  // namespace ingot::pipeline
