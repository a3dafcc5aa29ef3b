#include "pipeline/scalar_functions.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>

#include "base/arrow_result.h"
#include "base/clock.h"
#include "pipeline/arithmetic.h"
#include "pipeline/compare.h"
#include "pipeline/functions.h"

// A row without one of its members does not compile.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace ingot::pipeline {
namespace {

using arrow::Datum;

constexpr const char* kSpaces = " \t\n\r";

/// Divides the time since 1970, in UTC, into intervals of `width` microseconds. The value is `part(number)` of the
/// interval of each time. Consecutive times are mostly in the same interval, so its value is reused.
template <typename Part>
Result<Datum> Cut(const CallOnRows& call, int64_t width, const std::shared_ptr<arrow::DataType>& type,
                  const Part& part) {
  INGOT_ASSIGN(const auto column, Repeated(call.arguments[0], call.rows));
  const int64_t* values = column->data()->GetValues<int64_t>(1);
  uint64_t begin = 0;
  auto value = part(0);
  INGOT_ARROW_ASSIGN(std::shared_ptr<arrow::Buffer> cut,
                     arrow::AllocateBuffer(column->length() * int64_t(sizeof value)));
  auto* const out = reinterpret_cast<decltype(value)*>(cut->mutable_data());
  for (int64_t row = 0; row < column->length(); ++row) {  // the value in a null row is ignored
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

Result<Datum> Trim(CallOnRows call) {
  INGOT_ASSIGN(const auto text, Repeated(call.arguments[0], call.rows));
  INGOT_ASSIGN(auto trimmed, Trimmed(text));
  return Datum(std::move(trimmed));
}

Result<Datum> Lower(CallOnRows call) {
  return Call("utf8_lower", call.arguments);
}

Result<Datum> Upper(CallOnRows call) {
  return Call("utf8_upper", call.arguments);
}

Result<Datum> Length(CallOnRows call) {
  INGOT_ASSIGN(const Datum length, Call("utf8_length", call.arguments));
  return CastTo(length, arrow::int64());
}

Result<Datum> Abs(CallOnRows call) {
  return Absolute(call.arguments[0], call.rows);
}

Result<Datum> Round(CallOnRows call) {
  int64_t digits = 0;
  if (call.arguments.size() > 1) {
    if (!call.arguments[1].is_scalar() || call.arguments[1].type()->id() != arrow::Type::INT64)
      return Fail(ErrorKind::kBadConfig, "round(x, digits): digits must be a whole number");
    digits = call.arguments[1].scalar_as<arrow::Int64Scalar>().value;
  }
  const arrow::compute::RoundOptions options(digits, arrow::compute::RoundMode::HALF_TOWARDS_INFINITY);
  INGOT_ASSIGN(const Datum number, CastTo(call.arguments[0], arrow::float64()));
  return Call("round", {number}, &options);
}

Result<Datum> Coalesce(CallOnRows call) {
  std::erase_if(call.arguments, [](const Datum& value) { return value.type()->id() == arrow::Type::NA; });
  if (call.arguments.empty()) return Datum(std::make_shared<arrow::NullScalar>());
  INGOT_ASSIGN(const auto values, OneNumberType(call.arguments));
  return Call("coalesce", values);
}

Result<Datum> NullIf(CallOnRows call) {
  const Datum& first = call.arguments[0];
  INGOT_ASSIGN(const Datum same, Compare("equal", {first, call.call.arguments[0]},
                                         {call.arguments[1], call.call.arguments[1]}, call.rows));
  return Choose(same, Datum(arrow::MakeNullScalar(first.type())), first);
}

Result<Datum> Date(CallOnRows call) {
  return Cut(call, kMicrosPerDay, arrow::date32(), [](int64_t day) { return int32_t(day); });
}

Result<Datum> Hour(CallOnRows call) {
  return Cut(call, kMicrosPerHour, arrow::int64(), [](int64_t hour) { return (hour % 24 + 24) % 24; });
}

// Every engine truncates times in UTC, regardless of the time zone of its session.
constexpr Function kScalarFunctions[] = {
    {.name = "trim",
     .usage = "trim(text)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kText}},
     .gives = Gives::kText,
     .embedded = "trim({0}, ' \t\n\r')",
     .spark = "trim(BOTH ' \t\n\r' FROM {0})",
     .trino = "trim(BOTH ' \t\n\r' FROM {0})",
     .computes = Trim,
     .version = 1,
     .help = "The text without leading and trailing spaces, tabs and line ends.",
     .example = "trim('  Oslo ')",
     .result = "Oslo"},
    {.name = "lower",
     .usage = "lower(text)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kText}},
     .gives = Gives::kText,
     .embedded = "lower({0})",
     .spark = "lower({0})",
     .trino = "lower({0})",
     .computes = Lower,
     .version = 1,
     .help = "The text in lower case.",
     .example = "lower('ZÜRICH')",
     .result = "zürich"},
    {.name = "upper",
     .usage = "upper(text)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kText}},
     .gives = Gives::kText,
     .embedded = "upper({0})",
     .spark = "upper({0})",
     .trino = "upper({0})",
     .computes = Upper,
     .version = 1,
     .help = "The text in upper case.",
     .example = "upper('Zürich')",
     .result = "ZÜRICH"},
    {.name = "length",
     .usage = "length(text)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kText}},
     .gives = Gives::kLong,
     .embedded = "length({0})",
     .spark = "CAST(length({0}) AS BIGINT)",
     .trino = "length({0})",
     .computes = Length,
     .version = 1,
     .help = "The number of characters.",
     .example = "length('Zürich')",
     .result = "6"},
    {.name = "abs",
     .usage = "abs(x)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kNumber}},
     .gives = Gives::kArgument,
     .embedded = "abs({0})",
     .spark = "CASE WHEN {0} < 0 THEN try_subtract(0, {0}) ELSE {0} END",
     .trino = "TRY(abs({0}))",
     .computes = Abs,
     .version = 1,
     .help = "The absolute value.",
     .example = "abs(-3)",
     .result = "3"},
    {.name = "round",
     .usage = "round(x) or round(x, digits)",
     .arguments = {.min = 1, .max = 2, .takes = {Takes::kNumber, Takes::kDigits}},
     .gives = Gives::kDouble,
     .embedded = "round({*})",
     .spark = "round({*})",
     .trino = "round({*})",
     .computes = Round,
     .version = 1,
     .help = "The number rounded to `digits` digits after the point (0 by default). Halves are rounded away from zero.",
     .example = "round(-2.75, 1)",
     .result = "-2.8"},
    {.name = "coalesce",
     .usage = "coalesce(a, b, …)",
     .arguments = {.min = 1, .max = 9, .takes = {Takes::kAny, Takes::kAny}},
     .gives = Gives::kArgument,
     .embedded = "coalesce({*})",
     .spark = "coalesce({*})",
     .trino = "coalesce({*})",
     .computes = Coalesce,
     .version = 1,
     .help = "The first argument that is not null.",
     .example = "coalesce(null, 'none')",
     .result = "none"},
    {.name = "nullif",
     .usage = "nullif(a, b)",
     .arguments = {.min = 2, .max = 2, .takes = {Takes::kAny, Takes::kAny}},
     .gives = Gives::kArgument,
     .embedded = "nullif({0}, {1})",
     .spark = "nullif({0}, {1})",
     .trino = "nullif({0}, {1})",
     .computes = NullIf,
     .version = 1,
     .help = "Null if both arguments are equal, else the first argument.",
     .example = "nullif(0, 0)",
     .result = "null"},
    {.name = "date",
     .usage = "date(time)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kTime}},
     .gives = Gives::kDate,
     .embedded = "CAST(make_timestamp(epoch_us({0})) AS DATE)",
     .spark = "to_date(to_utc_timestamp({0}, current_timezone()))",
     .trino = "CAST({0} AT TIME ZONE 'UTC' AS DATE)",
     .computes = Date,
     .version = 1,
     .help = "The date of the time, in UTC.",
     .example = "date(t)",
     .result = "2024-07-19"},
    {.name = "hour",
     .usage = "hour(time)",
     .arguments = {.min = 1, .max = 1, .takes = {Takes::kTime}},
     .gives = Gives::kInt,
     .embedded = "CAST(hour(make_timestamp(epoch_us({0}))) AS INTEGER)",
     .spark = "hour(to_utc_timestamp({0}, current_timezone()))",
     .trino = "CAST(hour({0} AT TIME ZONE 'UTC') AS INTEGER)",
     .computes = Hour,
     .version = 1,
     .help = "The hour of the day, 0 to 23, in UTC.",
     .example = "hour(t)",
     .result = "18"},
};

static_assert(std::ranges::all_of(kScalarFunctions, IsComplete), "a function has an empty part");

}  // namespace

std::span<const Function> ScalarFunctions() {
  return kScalarFunctions;
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
