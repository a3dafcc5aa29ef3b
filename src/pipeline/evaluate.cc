#include "pipeline/evaluate.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "base/rows.h"
#include "pipeline/arithmetic.h"
#include "rows/arrow_schema.h"

namespace ingot::pipeline {
namespace {

using arrow::Datum;
using iceberg::TypeId;
using Kind = Expression::Kind;

constexpr const char* kSpaces = " \t\n\r";

/// The type that literals are read as; text where it is not one that literals are compared with.
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

/// A value and what it was written as.
struct Operand {
  Datum value;
  const Expression& source;
};

/// The number that was written, with its sign; empty for anything else.
std::string NumberText(const Expression& source) {
  if (source.kind == Kind::kNumber) return source.text;
  const bool minus = source.kind == Kind::kUnary && source.text == "-" && source.arguments[0].kind == Kind::kNumber;
  return minus ? "-" + source.arguments[0].text : "";
}

class Evaluation {
 public:
  explicit Evaluation(const arrow::RecordBatch& rows) : rows_(rows) {}

  Result<Datum> Of(const Expression& expression) const {
    switch (expression.kind) {
      case Kind::kColumn:
        return Column(expression.text);
      case Kind::kNumber:
        return Number(expression.text);
      case Kind::kText:
        return Datum(arrow::MakeScalar(expression.text));
      case Kind::kBoolean:
        return Datum(arrow::MakeScalar(expression.text[0] == 't' || expression.text[0] == 'T'));
      case Kind::kNull:
        return Datum(std::make_shared<arrow::NullScalar>());
      case Kind::kUnary: {
        INGOT_ASSIGN(const Datum value, Of(expression.arguments[0]));
        if (expression.text == "not") return Call("invert", {Typed(value, arrow::boolean())});
        return Negated(value, rows_.num_rows());
      }
      case Kind::kBinary:
        return Binary(expression);
      case Kind::kCall:
        return Function(expression);
      case Kind::kBetween:
        return Between(expression);
      case Kind::kIn:
        return In(expression);
      case Kind::kIsNull: {
        INGOT_ASSIGN(const Datum value, Of(expression.arguments[0]));
        return Call(expression.negated ? "is_valid" : "is_null", {value});
      }
      case Kind::kCase:
        return Case(expression);
      case Kind::kStar:
        break;
    }
    return Fail(ErrorKind::kInternal, "an expression that has no value in a row");
  }

 private:
  /// A null that has no type yet gets one.
  static Datum Typed(const Datum& value, const std::shared_ptr<arrow::DataType>& type) {
    return value.type()->id() == arrow::Type::NA ? Datum(arrow::MakeNullScalar(type)) : value;
  }

  Result<Datum> Column(const std::string& name) const {
    auto column = rows_.GetColumnByName(name);
    if (column == nullptr) return Fail(ErrorKind::kInternal, "a column that is not there: " + name);
    if (column->type_id() == arrow::Type::INT32) return CastTo(column, arrow::int64());
    if (column->type_id() == arrow::Type::FLOAT) return CastTo(column, arrow::float64());
    return Datum(std::move(column));
  }

  static Result<Datum> Number(const std::string& text) {
    INGOT_ASSIGN(const auto number, NumberOf(text));
    return std::visit([](auto value) { return Datum(arrow::MakeScalar(value)); }, number);
  }

  /// A literal beside a value of another type is one of that type: text beside times and uuids, numbers beside
  /// decimals.
  static Result<Datum> Beside(const Operand& operand, const Datum& other) {
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

  Result<Datum> Compare(const std::string& kernel, const Operand& left, const Operand& right) const {
    INGOT_ASSIGN(const Datum a, Beside(left, right.value));
    INGOT_ASSIGN(const Datum b, Beside(right, left.value));
    if (a.type()->id() == arrow::Type::NA || b.type()->id() == arrow::Type::NA)
      return Datum(arrow::MakeNullScalar(arrow::boolean()));
    return Compared(kernel, a, b, rows_.num_rows());
  }

  Result<Datum> Binary(const Expression& binary) const {
    static const std::map<std::string, std::string> comparisons{{"=", "equal"},   {"<>", "not_equal"},
                                                                {"<", "less"},    {"<=", "less_equal"},
                                                                {">", "greater"}, {">=", "greater_equal"}};
    INGOT_ASSIGN(const Datum left, Of(binary.arguments[0]));
    INGOT_ASSIGN(const Datum right, Of(binary.arguments[1]));
    if (const auto found = comparisons.find(binary.text); found != comparisons.end())
      return Compare(found->second, {left, binary.arguments[0]}, {right, binary.arguments[1]});
    if (binary.text == "and" || binary.text == "or")
      return Call(binary.text + "_kleene", {Typed(left, arrow::boolean()), Typed(right, arrow::boolean())});
    if (binary.text == "||") {
      INGOT_ASSIGN(const Datum a, CastTo(left, arrow::utf8()));
      INGOT_ASSIGN(const Datum b, CastTo(right, arrow::utf8()));
      return Call("binary_join_element_wise", {a, b, Datum(arrow::MakeScalar(""))});
    }
    return Arithmetic(binary.text, left, right, rows_.num_rows());
  }

  Result<Datum> Between(const Expression& between) const {
    INGOT_ASSIGN(const Datum value, Of(between.arguments[0]));
    INGOT_ASSIGN(const Datum low, Of(between.arguments[1]));
    INGOT_ASSIGN(const Datum high, Of(between.arguments[2]));
    const Operand operand{value, between.arguments[0]};
    INGOT_ASSIGN(const Datum above, Compare("greater_equal", operand, {low, between.arguments[1]}));
    INGOT_ASSIGN(const Datum below, Compare("less_equal", operand, {high, between.arguments[2]}));
    INGOT_ASSIGN(const Datum inside, Call("and_kleene", {above, below}));
    return between.negated ? Call("invert", {inside}) : inside;
  }

  Result<Datum> In(const Expression& in) const {
    INGOT_ASSIGN(const Datum value, Of(in.arguments[0]));
    Datum any(arrow::MakeScalar(false));
    for (size_t i = 1; i < in.arguments.size(); ++i) {
      INGOT_ASSIGN(const Datum item, Of(in.arguments[i]));
      INGOT_ASSIGN(const Datum same, Compare("equal", {value, in.arguments[0]}, {item, in.arguments[i]}));
      INGOT_ASSIGN(any, Call("or_kleene", {any, same}));
    }
    return in.negated ? Call("invert", {any}) : any;
  }

  /// `then` where the condition is true, `otherwise` where it is false or null.
  Result<Datum> Choose(const Datum& condition, const Datum& then, const Datum& otherwise) const {
    INGOT_ASSIGN(const auto values, OneNumberType({Typed(then, otherwise.type()), Typed(otherwise, then.type())}));
    INGOT_ASSIGN(const Datum sure,
                 Call("coalesce", {Typed(condition, arrow::boolean()), Datum(arrow::MakeScalar(false))}));
    return Call("if_else", {sure, values[0], values[1]});
  }

  Result<Datum> Case(const Expression& expression) const {
    const size_t pairs = expression.arguments.size() / 2;
    Datum result(std::make_shared<arrow::NullScalar>());
    if (expression.arguments.size() % 2 == 1) {
      INGOT_ASSIGN(result, Of(expression.arguments.back()));
    }
    for (size_t i = pairs; i-- > 0;) {
      INGOT_ASSIGN(const Datum condition, Of(expression.arguments[2 * i]));
      INGOT_ASSIGN(const Datum value, Of(expression.arguments[2 * i + 1]));
      INGOT_ASSIGN(result, Choose(condition, value, result));
    }
    return result;
  }

  /// `part` of the number of the span of `width` microseconds since 1970, in UTC, in which each time lies. Times that
  /// follow each other mostly lie in the same.
  template <typename Part>
  Result<Datum> Cut(const Datum& times, int64_t width, const std::shared_ptr<arrow::DataType>& type,
                    const Part& part) const {
    INGOT_ASSIGN(const auto column, Repeated(times, rows_.num_rows()));
    const int64_t* values = column->data()->GetValues<int64_t>(1);
    uint64_t begin = 0;
    auto value = part(0);
    INGOT_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> cut,
                       arrow::AllocateBuffer(column->length() * int64_t(sizeof value)));
    auto* const out = reinterpret_cast<decltype(value)*>(cut->mutable_data());
    for (int64_t row = 0; row < column->length(); ++row) {  // what stands in place of a null is of no account
      if (uint64_t(values[row]) - begin >= uint64_t(width)) {
        const int64_t number = values[row] / width - (values[row] % width < 0);
        begin = uint64_t(number) * uint64_t(width);
        value = part(number);
      }
      out[row] = value;
    }
    std::shared_ptr<arrow::Buffer> valid;
    if (column->null_count() > 0) {
      INGOT_ARROW_ASSIGN(valid, arrow::internal::CopyBitmap(arrow::default_memory_pool(), column->null_bitmap_data(),
                                                            column->offset(), column->length()));
    }
    return Datum(arrow::ArrayData::Make(type, column->length(), {std::move(valid), std::move(cut)}));
  }

  Result<Datum> Function(const Expression& call) const {
    std::vector<Datum> arguments;
    for (const Expression& argument : call.arguments) {
      INGOT_ASSIGN(Datum value, Of(argument));
      arguments.push_back(std::move(value));
    }
    const std::string& name = call.text;
    if (name == "date")
      return Cut(arguments[0], kMicrosPerDay, arrow::date32(), [](int64_t day) { return int32_t(day); });
    if (name == "hour")
      return Cut(arguments[0], kMicrosPerHour, arrow::int64(), [](int64_t hour) { return (hour % 24 + 24) % 24; });
    if (name == "abs") return Absolute(arguments[0], rows_.num_rows());
    if (name == "lower") return Call("utf8_lower", arguments);
    if (name == "upper") return Call("utf8_upper", arguments);
    if (name == "length") {
      INGOT_ASSIGN(const Datum length, Call("utf8_length", arguments));
      return CastTo(length, arrow::int64());
    }
    if (name == "trim") {
      INGOT_ASSIGN(const auto text, Repeated(arguments[0], rows_.num_rows()));
      INGOT_ASSIGN(auto trimmed, Trimmed(text));
      return Datum(std::move(trimmed));
    }
    if (name == "round") {
      int64_t digits = 0;
      if (arguments.size() > 1) {
        if (!arguments[1].is_scalar() || arguments[1].type()->id() != arrow::Type::INT64)
          return Fail(ErrorKind::kBadConfig, "round(x, digits): digits must be a whole number");
        digits = arguments[1].scalar_as<arrow::Int64Scalar>().value;
      }
      const arrow::compute::RoundOptions options(digits, arrow::compute::RoundMode::HALF_TOWARDS_INFINITY);
      INGOT_ASSIGN(const Datum number, CastTo(arguments[0], arrow::float64()));
      return Call("round", {number}, &options);
    }
    if (name == "coalesce") {
      std::erase_if(arguments, [](const Datum& value) { return value.type()->id() == arrow::Type::NA; });
      if (arguments.empty()) return Datum(std::make_shared<arrow::NullScalar>());
      INGOT_ASSIGN(const auto values, OneNumberType(arguments));
      return Call("coalesce", values);
    }
    if (name == "nullif") {
      INGOT_ASSIGN(const Datum same,
                   Compare("equal", {arguments[0], call.arguments[0]}, {arguments[1], call.arguments[1]}));
      return Choose(same, Datum(arrow::MakeNullScalar(arguments[0].type())), arguments[0]);
    }
    return Fail(ErrorKind::kInternal, "a function without a meaning in a row: " + name);
  }

  const arrow::RecordBatch& rows_;
};

/// An expression of one column, once for each of its distinct values and for null.
Result<std::shared_ptr<arrow::Array>> EvaluateDistinct(const Expression& expression, const std::string& name,
                                                       const arrow::DictionaryArray& column) {
  const auto& texts = column.dictionary();
  INGOT_ARROW_ASSIGN(const auto null, arrow::MakeArrayOfNull(texts->type(), 1));
  INGOT_ARROW_ASSIGN(const auto distinct, arrow::Concatenate({texts, null}));
  const auto rows =
      arrow::RecordBatch::Make(arrow::schema({arrow::field(name, texts->type())}), distinct->length(), {distinct});
  INGOT_ASSIGN(const auto values, Evaluate(expression, *rows));
  Datum numbers(column.indices());
  if (column.null_count() > 0) {
    const Datum of_null(std::make_shared<arrow::Int32Scalar>(int32_t(texts->length())));
    INGOT_ARROW_ASSIGN(numbers, arrow::compute::CallFunction("coalesce", {numbers, of_null}));
  }
  INGOT_ARROW_ASSIGN(auto taken, arrow::compute::Take(*values, *numbers.make_array()));
  return taken;
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> Evaluate(const Expression& expression, const arrow::RecordBatch& rows) {
  INGOT_TRY(InitializeKernels());
  std::set<std::string> names;
  CollectColumns(expression, names);
  const auto numbered = [&](const std::string& name) {
    const auto column = rows.GetColumnByName(name);
    return column != nullptr && column->type_id() == arrow::Type::DICTIONARY;
  };
  if (expression.kind != Kind::kColumn && std::ranges::any_of(names, numbered)) {
    if (names.size() == 1)
      return EvaluateDistinct(expression, *names.begin(),
                              static_cast<const arrow::DictionaryArray&>(*rows.GetColumnByName(*names.begin())));
    INGOT_ASSIGN(const auto plain, Plain(Pick(rows, {names.begin(), names.end()})));
    return Evaluate(expression, *plain);
  }
  const Evaluation evaluation(rows);
  INGOT_ASSIGN(const Datum value, evaluation.Of(expression));
  return Repeated(value, rows.num_rows());
}

Result<std::shared_ptr<arrow::Array>> EvaluateAs(const Expression& expression, const iceberg::Type& type,
                                                 const arrow::RecordBatch& rows) {
  INGOT_ASSIGN(auto value, Evaluate(expression, rows));
  INGOT_ASSIGN(const auto wanted, rows::ToArrowType(type));
  if (value->type_id() == arrow::Type::DICTIONARY) return value;
  INGOT_ASSIGN(const Datum cast, CastTo(value, wanted));
  return cast.make_array();
}

Result<std::shared_ptr<arrow::Array>> Trimmed(const std::shared_ptr<arrow::Array>& text) {
  INGOT_TRY(InitializeKernels());
  if (text->type_id() == arrow::Type::DICTIONARY) {
    const auto& numbered = static_cast<const arrow::DictionaryArray&>(*text);
    INGOT_ASSIGN(auto trimmed, Trimmed(numbered.dictionary()));
    if (trimmed == numbered.dictionary()) return text;
    return std::make_shared<arrow::DictionaryArray>(text->type(), numbered.indices(), std::move(trimmed));
  }
  const auto& values = static_cast<const arrow::StringArray&>(*text);
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  bool found = false;
  for (int64_t row = 0; row < values.length() && !found; ++row) {
    const std::string_view value = values.GetView(row);
    found = !value.empty() && (is_space(value.front()) || is_space(value.back()));
  }
  if (!found) return text;
  const arrow::compute::TrimOptions options(kSpaces);
  INGOT_ARROW_ASSIGN(const Datum trimmed, arrow::compute::CallFunction("utf8_trim", {Datum(text)}, &options));
  return trimmed.make_array();
}

}  // namespace ingot::pipeline
