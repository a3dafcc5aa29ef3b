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
#include "pipeline/compare.h"
#include "pipeline/functions.h"
#include "rows/arrow_schema.h"

namespace ingot::pipeline {
namespace {

using arrow::Datum;
using Kind = Expression::Kind;

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
  Result<Datum> Column(const std::string& name) const {
    auto column = rows_.GetColumnByName(name);
    if (column == nullptr) return Fail(ErrorKind::kInternal, "unknown column: " + name);
    if (column->type_id() == arrow::Type::INT32) return CastTo(column, arrow::int64());
    if (column->type_id() == arrow::Type::FLOAT) return CastTo(column, arrow::float64());
    return Datum(std::move(column));
  }

  static Result<Datum> Number(const std::string& text) {
    INGOT_ASSIGN(const auto number, NumberOf(text));
    return std::visit([](auto value) { return Datum(arrow::MakeScalar(value)); }, number);
  }

  Result<Datum> Binary(const Expression& binary) const {
    static const std::map<std::string, std::string> comparisons{{"=", "equal"},   {"<>", "not_equal"},
                                                                {"<", "less"},    {"<=", "less_equal"},
                                                                {">", "greater"}, {">=", "greater_equal"}};
    INGOT_ASSIGN(const Datum left, Of(binary.arguments[0]));
    INGOT_ASSIGN(const Datum right, Of(binary.arguments[1]));
    if (const auto found = comparisons.find(binary.text); found != comparisons.end())
      return Compare(found->second, {left, binary.arguments[0]}, {right, binary.arguments[1]}, rows_.num_rows());
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
    INGOT_ASSIGN(const Datum above, Compare("greater_equal", operand, {low, between.arguments[1]}, rows_.num_rows()));
    INGOT_ASSIGN(const Datum below, Compare("less_equal", operand, {high, between.arguments[2]}, rows_.num_rows()));
    INGOT_ASSIGN(const Datum inside, Call("and_kleene", {above, below}));
    return between.negated ? Call("invert", {inside}) : inside;
  }

  Result<Datum> In(const Expression& in) const {
    INGOT_ASSIGN(const Datum value, Of(in.arguments[0]));
    Datum any(arrow::MakeScalar(false));
    for (size_t i = 1; i < in.arguments.size(); ++i) {
      INGOT_ASSIGN(const Datum item, Of(in.arguments[i]));
      INGOT_ASSIGN(const Datum same,
                   Compare("equal", {value, in.arguments[0]}, {item, in.arguments[i]}, rows_.num_rows()));
      INGOT_ASSIGN(any, Call("or_kleene", {any, same}));
    }
    return in.negated ? Call("invert", {any}) : any;
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

  Result<Datum> Function(const Expression& call) const {
    std::vector<Datum> arguments;
    for (const Expression& argument : call.arguments) {
      INGOT_ASSIGN(Datum value, Of(argument));
      arguments.push_back(std::move(value));
    }
    const auto* const compute = std::get_if<ScalarFunction>(&FindFunction(call)->computes);
    if (compute == nullptr) return Fail(ErrorKind::kInternal, "an aggregate has no value in a row: " + call.text);
    return (*compute)({.call = call, .arguments = std::move(arguments), .rows = rows_.num_rows()});
  }

  const arrow::RecordBatch& rows_;
};

/// Evaluates an expression of one column once for each distinct value and for null.
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
    INGOT_ASSIGN(const auto plain, DecodeDictionaries(SelectColumns(rows, {names.begin(), names.end()})));
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

Result<std::vector<bool>> TrueRows(const Expression& condition, const arrow::RecordBatch& rows) {
  INGOT_ASSIGN(const auto evaluated, Evaluate(condition, rows));
  const auto& holds = static_cast<const arrow::BooleanArray&>(*evaluated);
  std::vector<bool> is_true(size_t(rows.num_rows()));
  for (size_t row = 0; row < is_true.size(); ++row)
    is_true[row] = holds.IsValid(int64_t(row)) && holds.Value(int64_t(row));
  return is_true;
}

}  // namespace ingot::pipeline
