#include "bronze/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "bronze/raw_json.h"

namespace ingot::bronze {
namespace {

using iceberg::TypeId;
using pipeline::FieldSpec;
using pipeline::TimeFormat;

std::string_view KindName(const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kNull:
      return "null";
    case Scalar::Kind::kBoolean:
      return "a boolean";
    case Scalar::Kind::kInteger:
    case Scalar::Kind::kUnsigned:
      return "a whole number";
    case Scalar::Kind::kDouble:
      return "a number";
    case Scalar::Kind::kText:
      return "a string";
    case Scalar::Kind::kOther:
      return scalar.other;
  }
  return "?";
}

/// The part of a text that a message shows. It never splits a character, so that the message is UTF-8.
std::string_view Shown(std::string_view text) {
  constexpr size_t kBytesMax = 40;
  size_t end = std::min(text.size(), kBytesMax);
  while (end > 0 && end < text.size() && IsUtf8Continuation(text[end])) --end;
  return text.substr(0, end);
}

std::string Mismatch(const FieldSpec& field, const Scalar& scalar) {
  if (field.coerce && scalar.kind == Scalar::Kind::kText)
    return fmt::format("{}: expected {}, found '{}'", field.name, TypeName(field.type), Shown(scalar.text));
  return fmt::format("{}: expected {}, found {}", field.name, TypeName(field.type), KindName(scalar));
}

/// Converts a number in quotes, for fields with `coerce`. Other text is unchanged.
Scalar Coerced(const Scalar& scalar, const FieldSpec& field) {
  std::string_view text = scalar.text;
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (field.type.id == TypeId::kBoolean && (text == "true" || text == "false"))
    return {.kind = Scalar::Kind::kBoolean, .integer = text == "true"};
  Scalar number;
  const auto whole = std::from_chars(text.data(), text.data() + text.size(), number.integer);
  if (whole.ec == std::errc() && whole.ptr == text.data() + text.size()) {
    number.kind = Scalar::Kind::kInteger;
    return number;
  }
  const auto real = std::from_chars(text.data(), text.data() + text.size(), number.number);
  if (real.ec == std::errc() && real.ptr == text.data() + text.size() && std::isfinite(number.number)) {
    number.kind = Scalar::Kind::kDouble;
    number.digits = text;
    return number;
  }
  // The number is too large, not too close to zero.
  if (real.ec == std::errc::result_out_of_range && real.ptr == text.data() + text.size())
    return {.kind = Scalar::Kind::kOther, .other = "a number out of range"};
  return scalar;
}

/// The unit in which a time out of range would be plausible, as a hint.
std::string OtherUnit(TimeFormat format, __int128 units) {
  constexpr int64_t kLikelyMin = 631'152'000'000'000, kLikelyMax = 4'102'444'800'000'000;  // 1990 to 2100
  for (const auto& [other, name] :
       {std::pair{TimeFormat::kEpochSeconds, "s"}, std::pair{TimeFormat::kEpochMillis, "ms"},
        std::pair{TimeFormat::kEpochMicros, "us"}, std::pair{TimeFormat::kEpochNanos, "ns"}}) {
    const int64_t factor = MicrosPerUnit(other);
    const __int128 micros = factor > 0 ? units * factor : units / 1000;
    if (other != format && micros > kLikelyMin && micros < kLikelyMax)
      return fmt::format("; in {} it is {}", name, FormatTimestampMicros(int64_t(micros)));
  }
  return "";
}

/// Converts an epoch time with a fraction to microseconds, e.g. 1487249458.633 seconds. Up to 2^52, the year 2112, the
/// nearest double determines the microseconds.
std::optional<int64_t> MicrosOfFraction(double number, int64_t factor) {
  const double micros = std::rint(number * double(factor));
  if (factor <= 1 || !(std::abs(micros) <= double(int64_t(1) << 52))) return std::nullopt;
  return int64_t(micros);
}

std::string ConvertTime(const FieldSpec& field, const Scalar& scalar, int64_t ingested_at_micros, FieldValue& cell) {
  int64_t micros = 0, nanos = 0;  // nanos: beyond the microsecond
  if (field.time_format == TimeFormat::kRfc3339) {
    if (scalar.kind != Scalar::Kind::kText) return Mismatch(field, scalar);
    if (!ParseRfc3339(scalar.text, micros, &nanos))
      return fmt::format("{}: not an RFC 3339 time: '{}'", field.name, Shown(scalar.text));
  } else {
    const int64_t factor = MicrosPerUnit(field.time_format);
    __int128 units = scalar.integer;
    std::optional<int64_t> exact;
    if (scalar.kind == Scalar::Kind::kUnsigned) {
      units = uint64_t(scalar.integer);
    } else if (scalar.kind == Scalar::Kind::kDouble) {
      const bool whole = std::floor(scalar.number) == scalar.number;
      if (whole && std::abs(scalar.number) > 9e15)
        return factor > 0 ? fmt::format("{}: time out of range: {}", field.name, scalar.number)
                          : Mismatch(field, scalar);
      if (!whole && field.type.id == TypeId::kTimestamptz) exact = MicrosOfFraction(scalar.number, factor);
      if (!whole && !exact) return Mismatch(field, scalar);
      units = int64_t(scalar.number);
    } else if (scalar.kind != Scalar::Kind::kInteger) {
      return Mismatch(field, scalar);
    }
    const __int128 wide = exact ? *exact : factor > 0 ? units * factor : units / 1000 - (units % 1000 < 0);
    if (wide > field.time_max_micros || wide < field.time_min_micros) {
      const bool fits = wide == int64_t(wide);
      return fmt::format("{}: time out of range{}{}", field.name,
                         fits ? ": " + FormatTimestampMicros(int64_t(wide)) : "", OtherUnit(field.time_format, units));
    }
    micros = int64_t(wide);
    if (factor == 0) nanos = int64_t(units - wide * 1000);
  }
  if (!TimeInRange(field, micros, ingested_at_micros))
    return fmt::format("{}: time out of range: {}", field.name, FormatTimestampMicros(micros));
  cell.integer = micros;
  if (field.type.id == TypeId::kTimestamptzNs) {
    // The range is 1677 to 2262 (specification, "Primitive Types").
    if (micros >= INT64_MAX / 1000 || micros <= INT64_MIN / 1000)
      return fmt::format("{}: time out of range of {}", field.name, TypeName(field.type));
    cell.integer = micros * 1000 + nanos;
  }
  cell.valid = true;
  return "";
}

std::string ConvertNumber(const FieldSpec& field, const Scalar& scalar, FieldValue& cell) {
  const bool real = field.type.id == TypeId::kDouble || field.type.id == TypeId::kFloat;
  if (real) {
    if (scalar.kind == Scalar::Kind::kDouble)
      cell.number = scalar.number;
    else if (scalar.kind == Scalar::Kind::kInteger)
      cell.number = double(scalar.integer);
    else if (scalar.kind == Scalar::Kind::kUnsigned)
      cell.number = double(uint64_t(scalar.integer));
    else
      return Mismatch(field, scalar);
    cell.number *= field.factor;
    if (field.type.id == TypeId::kFloat && !std::isfinite(float(cell.number)))
      return fmt::format("{}: out of the range of a float", field.name);
    if (!std::isfinite(cell.number)) return fmt::format("{}: out of the range of a double", field.name);
  } else {
    cell.integer = scalar.integer;
    // The nearest double of a number with a fraction may be whole.
    const bool real_whole = scalar.kind == Scalar::Kind::kDouble && std::floor(scalar.number) == scalar.number &&
                            IsWholeNumber(scalar.digits);
    if (real_whole && std::abs(scalar.number) <= 9e15)  // above this, a double may stand for another number
      cell.integer = int64_t(scalar.number);
    else if (scalar.kind == Scalar::Kind::kUnsigned || (real_whole && std::abs(scalar.number) >= 0x1p63))
      return fmt::format("{}: out of the range of a {}", field.name, TypeName(field.type));
    else if (scalar.kind != Scalar::Kind::kInteger)
      return Mismatch(field, scalar);
    if (field.type.id == TypeId::kInt && cell.integer != int32_t(cell.integer))
      return fmt::format("{}: out of the range of an int", field.name);
  }
  cell.valid = true;
  return "";
}

}  // namespace

int64_t MicrosPerUnit(TimeFormat format) {
  switch (format) {
    case TimeFormat::kEpochSeconds:
      return 1'000'000;
    case TimeFormat::kEpochMillis:
      return 1'000;
    case TimeFormat::kEpochMicros:
      return 1;
    case TimeFormat::kEpochNanos:
    case TimeFormat::kRfc3339:
      break;
  }
  return 0;
}

bool TimeInRange(const FieldSpec& field, int64_t micros, int64_t ingested_at_micros) {
  if (micros < field.time_min_micros || micros > field.time_max_micros) return false;
  return !field.time_max_after_now_micros || micros <= ingested_at_micros + *field.time_max_after_now_micros;
}

std::string ConvertScalar(const FieldSpec& field, const Scalar& given, int64_t ingested_at_micros, FieldValue& cell) {
  cell.valid = false;
  if (given.kind == Scalar::Kind::kNull) return "";
  if (given.kind == Scalar::Kind::kOther) return Mismatch(field, given);
  const bool textual =
      field.type.id == TypeId::kString || field.type.id == TypeId::kUuid || field.type.id == TypeId::kDate;
  const Scalar scalar = field.coerce && given.kind == Scalar::Kind::kText && !textual ? Coerced(given, field) : given;
  switch (field.type.id) {
    case TypeId::kTimestamptz:
    case TypeId::kTimestamptzNs:
      return ConvertTime(field, scalar, ingested_at_micros, cell);
    case TypeId::kString:
      if (scalar.kind != Scalar::Kind::kText) return Mismatch(field, scalar);
      cell.text = scalar.text;
      break;
    case TypeId::kUuid:
      if (scalar.kind != Scalar::Kind::kText) return Mismatch(field, scalar);
      if (!ParseUuid(scalar.text, cell.uuid))
        return fmt::format("{}: not a UUID: '{}'", field.name, Shown(scalar.text));
      break;
    case TypeId::kBoolean:
      if (scalar.kind != Scalar::Kind::kBoolean) return Mismatch(field, scalar);
      cell.integer = scalar.integer;
      break;
    case TypeId::kDate: {
      int64_t micros = 0;
      if (scalar.kind != Scalar::Kind::kText) return Mismatch(field, scalar);
      if (scalar.text.size() != 10 || !ParseRfc3339(std::string(scalar.text) + "T00:00:00Z", micros) ||
          micros < kTimeMinMicros)
        return fmt::format("{}: not a date: '{}'", field.name, Shown(scalar.text));
      cell.integer = micros / kMicrosPerDay;
      break;
    }
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return ConvertNumber(field, scalar, cell);
  }
  cell.valid = true;
  return "";
}

}  // namespace ingot::bronze
