#include "bronze/flat_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/rfc3339.h"
#include "base/uuid.h"

namespace ingot::bronze {
namespace {

using iceberg::TypeId;
using pipeline::FieldSpec;

constexpr uint64_t kEach = 0x0101010101010101, kHigh = 0x80 * kEach;
constexpr int kDigitsMax = 19;  // the digits that fit into 64 bits

uint64_t Word(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

const char* SkipBlanks(const char* at, const char* end) {
  while (at < end && uint8_t(*at) <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
  return at;
}

/// Marks the zero bytes of a word by their highest bits. Marks after the first may be wrong.
uint64_t Zeros(uint64_t word) {
  return (word - kEach) & ~word & kHigh;
}

/// The end of the string that begins here, after its quote; nothing when it has escapes, is not UTF-8 or does not end.
const char* EndOfText(const char* begin, const char* end) {
  uint64_t beyond_ascii = 0;
  for (const char* at = begin; at < end; at += 8) {
    const uint64_t word = Word(at);
    const uint64_t quote = Zeros(word ^ '"' * kEach), escape = Zeros(word ^ '\\' * kEach),
                   control = (word - 0x20 * kEach) & ~word & kHigh;
    const uint64_t stop = quote | escape | control;
    if (stop == 0) {
      beyond_ascii |= word & kHigh;
      continue;
    }
    const int bits = std::countr_zero(stop);
    const char* const stopped = at + bits / 8;
    if (*stopped != '"' || stopped >= end) return nullptr;
    beyond_ascii |= word & kHigh & ((uint64_t(1) << (bits - 7)) - 1);
    if (beyond_ascii != 0 && !simdjson::validate_utf8(begin, size_t(stopped - begin))) return nullptr;
    return stopped;
  }
  return nullptr;
}

/// The leading digits of a word, at most eight, and their value. They are computed together, because number lengths
/// vary between records and a loop over digits is mispredicted for each.
struct Digits {
  int count;
  uint64_t value;
};

Digits LeadingDigits(uint64_t word) {
  const uint64_t digits = word ^ '0' * kEach;
  const uint64_t others = ((digits + (0x7F - 9) * kEach) | digits) & kHigh;  // marks bytes above 9
  const int count = others == 0 ? 8 : std::countr_zero(others) / 8;
  if (count == 0) return {0, 0};
  // The last digit moves to the top, and zeros fill in before the first. Then pairs, fours and eights are combined.
  uint64_t value = digits << (64 - 8 * count);
  value = (value * 10 + (value >> 8)) & 0x00FF00FF00FF00FF;
  value = (value * 100 + (value >> 16)) & 0x0000FFFF0000FFFF;
  value = (value * 10'000 + (value >> 32)) & 0xFFFFFFFF;
  return {count, value};
}

constexpr uint64_t kPowersOfTen[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

/// Appends digits to `value`. Returns their count, which may exceed what fits.
[[gnu::always_inline]] inline int64_t TakeDigits(const char*& at, const char* end, uint64_t& value) {
  const char* const first = at;
  while (at < end) {
    const Digits digits = LeadingDigits(Word(at));
    value = value * kPowersOfTen[digits.count] + digits.value;
    at += digits.count;
    if (digits.count < 8) break;
  }
  return at - first;
}

/// A number in JSON's grammar.
struct Number {
  const char* end = nullptr;  // nullptr when it is not a number or has too many digits
  uint64_t digits = 0;
  int exponent = 0;  // power of ten: digits * 10^exponent
  bool negative = false, whole = true;
};

[[gnu::always_inline]] inline Number ScanNumber(const char* at, const char* end) {
  Number number;
  number.negative = *at == '-';
  at += number.negative;
  const char first = *at;
  int64_t count = TakeDigits(at, end, number.digits);
  if (count == 0 || (count > 1 && first == '0')) return number;
  if (*at == '.') {
    number.whole = false;
    const int64_t fraction = TakeDigits(++at, end, number.digits);
    if (fraction == 0) return number;
    number.exponent = -int(std::min<int64_t>(fraction, 1000));
    count += fraction;
  }
  if (count > kDigitsMax || *at == 'e' || *at == 'E') return number;  // exponents are uncommon
  number.end = at;
  return number;
}

/// Converts to the nearest double. When the digits fit into 53 bits and the power of ten is exact, one operation rounds
/// correctly.
bool ToDouble(const char* begin, const Number& number, double& value) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (number.digits <= uint64_t(1) << 53) {
    value = double(number.digits) / kPowers[-number.exponent];
    if (number.negative) value = number.whole ? 0.0 - value : -value;  // a whole -0 is 0
    return true;
  }
  return std::from_chars(begin, number.end, value).ec == std::errc();
}

bool ToLong(const Number& number, int64_t& value) {
  if (!number.whole || number.digits > uint64_t(INT64_MAX)) return false;
  value = number.negative ? -int64_t(number.digits) : int64_t(number.digits);
  return true;
}

/// Reads one value into its cell and returns its end; nullptr when the value is not common.
const char* ScanValue(const char* at, const char* end, const FieldSpec& field, int64_t now_micros, FieldValue& cell) {
  if (*at == 'n') return std::memcmp(at, "null", 4) == 0 ? at + 4 : nullptr;
  const auto in_range = [&] { return TimeInRange(field, cell.integer, now_micros); };
  cell.valid = true;
  switch (field.type.id) {
    case TypeId::kFloat:
    case TypeId::kDouble: {
      const Number number = ScanNumber(at, end);
      if (number.end == nullptr || !ToDouble(at, number, cell.number)) return nullptr;
      cell.number *= field.factor;
      const bool finite =
          field.type.id == TypeId::kFloat ? std::isfinite(float(cell.number)) : std::isfinite(cell.number);
      return finite ? number.end : nullptr;
    }
    case TypeId::kLong: {
      const Number number = ScanNumber(at, end);
      return number.end != nullptr && ToLong(number, cell.integer) ? number.end : nullptr;
    }
    case TypeId::kInt: {
      const Number number = ScanNumber(at, end);
      const bool fits = number.end != nullptr && ToLong(number, cell.integer) && cell.integer == int32_t(cell.integer);
      return fits ? number.end : nullptr;
    }
    case TypeId::kBoolean:
      cell.integer = *at == 't';
      if (*at == 't') return std::memcmp(at, "true", 4) == 0 ? at + 4 : nullptr;
      return std::memcmp(at, "false", 5) == 0 ? at + 5 : nullptr;
    case TypeId::kUuid: {
      const bool good = *at == '"' && at[kUuidTextBytes + 1] == '"' && ParseUuid({at + 1, kUuidTextBytes}, cell.uuid);
      return good ? at + kUuidTextBytes + 2 : nullptr;
    }
    case TypeId::kString: {
      const char* const stop = *at == '"' ? EndOfText(at + 1, end) : nullptr;
      if (stop == nullptr) return nullptr;
      cell.text = {at + 1, size_t(stop - at - 1)};
      return stop + 1;
    }
    case TypeId::kTimestamptz: {
      if (field.time_format == pipeline::TimeFormat::kRfc3339) {
        const char* const stop = *at == '"' ? EndOfText(at + 1, end) : nullptr;
        if (stop == nullptr || !ParseRfc3339({at + 1, size_t(stop - at - 1)}, cell.integer)) return nullptr;
        return in_range() ? stop + 1 : nullptr;
      }
      const int64_t factor = MicrosPerUnit(field.time_format);
      const Number number = ScanNumber(at, end);
      if (factor == 0 || number.end == nullptr || !ToLong(number, cell.integer)) return nullptr;
      return !__builtin_mul_overflow(cell.integer, factor, &cell.integer) && in_range() ? number.end : nullptr;
    }
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return nullptr;
}

}  // namespace

FlatScan::Key::Key(std::string name) : name_(std::move(name)) {
  const std::string quoted = name_ + '"';
  for (size_t i = 0; i < std::min<size_t>(16, quoted.size()); ++i) {
    words_[i / 8] |= uint64_t(uint8_t(quoted[i])) << (i % 8 * 8);
    masks_[i / 8] |= uint64_t(0xFF) << (i % 8 * 8);
  }
}

bool FlatScan::Key::Begins(const char* at) const {
  return (Word(at) & masks_[0]) == words_[0] && (Word(at + 8) & masks_[1]) == words_[1] &&
         (name_.size() < 16 || (std::memcmp(at, name_.data(), name_.size()) == 0 && at[name_.size()] == '"'));
}

bool FlatScan::Supports(std::span<const FieldSpec> fields) {
  // A longer key could extend beyond the readable bytes.
  constexpr size_t kKeyLengthMax = 48;
  return fields.size() <= 64 && std::ranges::all_of(fields, [](const FieldSpec& field) {
           return field.type.id != TypeId::kTimestamptzNs && field.from.size() == 1 && field.from[0].size() == 1 &&
                  !field.from[0][0].index && field.from[0][0].key.size() <= kKeyLengthMax &&
                  std::ranges::none_of(field.from[0][0].key,
                                       [](char c) { return c == '"' || c == '\\' || uint8_t(c) < 0x20; });
         });
}

FlatScan::FlatScan(std::span<const FieldSpec> fields) : fields_(fields) {
  for (const FieldSpec& field : fields) keys_.emplace_back(field.from[0][0].key);
}

// Bytes at or after `end` may be read but are never used: each value must be followed by a byte before `end`.
bool FlatScan::Scan(const char* bytes, size_t size, int64_t now_micros, std::span<FieldValue> cells) const {
  const char* const end = bytes + size;
  for (FieldValue& cell : cells) cell.valid = false;
  const char* at = SkipBlanks(bytes, end);
  if (*at++ != '{') return false;
  at = SkipBlanks(at, end);
  if (at < end && *at == '}') return SkipBlanks(at + 1, end) == end;
  uint64_t seen = 0;
  size_t expected = 0;
  while (at < end && *at++ == '"') {
    size_t i = expected;
    if (i >= keys_.size() || !keys_[i].Begins(at))
      for (i = 0; i < keys_.size() && !keys_[i].Begins(at);) ++i;
    if (i >= keys_.size() || (seen >> i & 1)) return false;
    seen |= uint64_t(1) << i;
    expected = i + 1;
    at = SkipBlanks(at + keys_[i].size() + 1, end);
    if (at >= end || *at != ':') return false;
    at = SkipBlanks(at + 1, end);
    if (at >= end || (at = ScanValue(at, end, fields_[i], now_micros, cells[i])) == nullptr) return false;
    at = SkipBlanks(at, end);
    if (at >= end) return false;
    if (*at == '}') return SkipBlanks(at + 1, end) == end;
    if (*at != ',') return false;
    at = SkipBlanks(at + 1, end);
  }
  return false;
}

}  // namespace ingot::bronze
