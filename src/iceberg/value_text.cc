#include <fmt/format.h>

#include <charconv>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "base/uuid.h"
#include "iceberg/value.h"

namespace ingot::iceberg {
namespace {

std::string Base64(std::string_view bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = (group << 8) | (i + j < bytes.size() ? uint8_t(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) text += i + j <= bytes.size() ? kDigits[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return text;
}

std::string DecimalText(__int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  unsigned __int128 rest =
      negative ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled);
  std::string digits;
  do digits.insert(digits.begin(), char('0' + int(rest % 10)));
  while ((rest /= 10) != 0);
  if (int(digits.size()) <= scale) digits.insert(0, size_t(scale) + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - size_t(scale), ".");
  return negative ? "-" + digits : digits;
}

std::string TimeText(int64_t micros) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", micros / kMicrosPerHour, micros / (60 * kMicrosPerSecond) % 60,
                                 micros / kMicrosPerSecond % 60);
  if (const int64_t rest = micros % kMicrosPerSecond; rest != 0) {
    text += fmt::format(".{:06}", rest);
    while (text.back() == '0') text.pop_back();
  }
  return text;
}

int64_t DaysOf(int64_t micros) {
  return micros / kMicrosPerDay - (micros % kMicrosPerDay < 0);
}

std::string TimestampText(int64_t micros, bool utc) {
  const int64_t days = DaysOf(micros), rest = micros - days * kMicrosPerDay;
  const CivilDate date = CivilFromDays(days);
  return fmt::format("{:04}-{:02}-{:02}T{}{}", date.year, date.month, date.day, TimeText(rest), utc ? "+00:00" : "");
}

std::string NanosText(int64_t nanos, bool utc) {
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t seconds = nanos / kSecond - (nanos % kSecond < 0), rest = nanos - seconds * kSecond;
  return TimestampText(seconds * 1'000'000, false) + (rest == 0 ? "" : fmt::format(".{:09}", rest)) +
         (utc ? "+00:00" : "");
}

template <typename T>
Result<Value> ParseNumber(std::string_view text, const Type& type) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return Fail(ErrorKind::kBadInput, "not a value of " + TypeName(type) + ": '" + std::string(text) + "'");
  return Value(number);
}

/// Appends a decimal digit. Returns false on overflow.
bool AppendDigit(__int128& number, int digit) {
  return !__builtin_mul_overflow(number, 10, &number) && !__builtin_add_overflow(number, digit, &number);
}

Result<Value> ParseDecimal(std::string_view text, const Type& type) {
  __int128 unscaled = 0;
  int decimals = -1;
  bool negative = false, digits = false, large = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0 && (text[i] == '-' || text[i] == '+'))
      negative = text[i] == '-';
    else if (text[i] == '.' && decimals < 0)
      decimals = 0;
    else if (text[i] >= '0' && text[i] <= '9')
      digits = true, decimals += decimals >= 0, large = large || !AppendDigit(unscaled, text[i] - '0');
    else
      return Fail(ErrorKind::kBadInput, "not a decimal: '" + std::string(text) + "'");
  }
  decimals = decimals < 0 ? 0 : decimals;
  for (; decimals < type.scale; ++decimals) large = large || !AppendDigit(unscaled, 0);
  if (!digits || decimals > type.scale || large)
    return Fail(ErrorKind::kBadInput, "not a value of " + TypeName(type) + ": '" + std::string(text) + "'");
  return Value(Decimal{negative ? -unscaled : unscaled});
}

/// Accepts "2024-07-19", optionally with "18:40", "18:40:00" or "18:40:00.5" after a T or a blank. Types with a time
/// zone also accept "Z", "+02" or "+02:00"; the default is UTC. `nanos`: receives the nanoseconds beyond the
/// microsecond.
Result<Value> ParseTimestamp(std::string_view text, const Type& type, int64_t* nanos = nullptr) {
  const bool zoned = type.id == TypeId::kTimestamptz || type.id == TypeId::kTimestamptzNs;
  std::string full(text);  // RFC 3339, which requires all parts
  if (full.size() == 10) full += "T00:00";
  if (full.size() == 16 || (full.size() > 16 && full[16] != ':')) full.insert(16, ":00");
  const size_t zone = full.find_first_of("+-Zz", 19);
  const bool fits = type.id == TypeId::kDate ? text.size() == 10 : zoned || zone == std::string::npos;
  if (zone == std::string::npos)
    full += "Z";
  else if (zone + 3 == full.size())
    full += ":00";
  int64_t micros = 0;
  if (!fits || !ParseRfc3339(full, micros, nanos))
    return Fail(ErrorKind::kBadInput,
                "not a " + TypeName(type) + ": '" + std::string(text) + "' (write 2024-07-19 or 2024-07-19T18:40:00)");
  if (type.id == TypeId::kDate) return Value(int32_t(DaysOf(micros)));
  return Value(micros);
}

/// Digits beyond the ninth are dropped.
Result<Value> ParseNanos(std::string_view text, const Type& type) {
  int64_t beyond = 0, nanos = 0;
  INGOT_ASSIGN(const Value micros, ParseTimestamp(text, type, &beyond));
  if (__builtin_mul_overflow(std::get<int64_t>(micros), 1000, &nanos) || __builtin_add_overflow(nanos, beyond, &nanos))
    return Fail(ErrorKind::kBadInput, "out of range for " + TypeName(type) + ": '" + std::string(text) + "'");
  return Value(nanos);
}

Result<Value> ParseUuidValue(std::string_view text) {
  std::string bytes(kUuidBytes, '\0');
  if (!ParseUuid(text, reinterpret_cast<uint8_t*>(bytes.data())))
    return Fail(ErrorKind::kBadInput, "not a UUID: '" + std::string(text) + "'");
  return Value(std::move(bytes));
}

}  // namespace

std::string ValueText(const Value& value, const Type& type) {
  if (IsNull(value)) return "null";
  switch (type.id) {
    case TypeId::kBoolean:
      return std::get<bool>(value) ? "true" : "false";
    case TypeId::kInt:
      return std::to_string(std::get<int32_t>(value));
    case TypeId::kLong:
      return std::to_string(std::get<int64_t>(value));
    case TypeId::kFloat:
      return fmt::format("{}", std::get<float>(value));
    case TypeId::kDouble:
      return fmt::format("{}", std::get<double>(value));
    case TypeId::kDecimal:
      return DecimalText(std::get<Decimal>(value).unscaled, type.scale);
    case TypeId::kDate: {
      const CivilDate date = CivilFromDays(std::get<int32_t>(value));
      return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    }
    case TypeId::kTime:
      return TimeText(std::get<int64_t>(value));
    case TypeId::kTimestamp:
      return TimestampText(std::get<int64_t>(value), false);
    case TypeId::kTimestamptz:
      return TimestampText(std::get<int64_t>(value), true);
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
      return NanosText(std::get<int64_t>(value), type.id == TypeId::kTimestamptzNs);
    case TypeId::kUuid:
      return UuidText(std::get<std::string>(value));
    case TypeId::kString:
      return std::get<std::string>(value);
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Base64(std::get<std::string>(value));
}

Result<Value> ParseValue(std::string_view text, const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      if (text == "true" || text == "false") return Value(text == "true");
      return Fail(ErrorKind::kBadInput, "not a boolean: '" + std::string(text) + "'");
    case TypeId::kInt:
      return ParseNumber<int32_t>(text, type);
    case TypeId::kLong:
      return ParseNumber<int64_t>(text, type);
    case TypeId::kFloat:
      return ParseNumber<float>(text, type);
    case TypeId::kDouble:
      return ParseNumber<double>(text, type);
    case TypeId::kDecimal:
      return ParseDecimal(text, type);
    case TypeId::kTime:
      return ParseTimestamp("1970-01-01T" + std::string(text), {.id = TypeId::kTimestamp});
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return ParseTimestamp(text, type);
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
      return ParseNanos(text, type);
    case TypeId::kUuid:
      return ParseUuidValue(text);
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
      return Value(std::string(text));
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kUnsupported, "no literal for " + TypeName(type));
}

}  // namespace ingot::iceberg
