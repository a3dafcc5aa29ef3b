// One value of a primitive type: partition values, bounds, literals of filters.
// Source: Iceberg specification, Appendix D "Single-value serialization", Appendix B "32-bit Hash Requirements".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "iceberg/types.h"

namespace ingot::iceberg {

struct Decimal {
  __int128 unscaled = 0;
  auto operator<=>(const Decimal&) const = default;
};

/// boolean: bool; int, date: int32; long, time, timestamps: int64; float; double; decimal: Decimal;
/// string, uuid (16 bytes), fixed, binary: std::string; null: monostate.
using Value = std::variant<std::monostate, bool, int32_t, int64_t, float, double, std::string, Decimal>;

inline bool IsNull(const Value& value) {
  return value.index() == 0;
}

/// The binary form of bounds. A null has none: "".
std::string SerializeValue(const Value& value, const Type& type);
/// Accepts the bytes of a type that was promoted to `type` since (4-byte int for long, date for timestamp, float for
/// double).
/// Errors: kCorrupt when the length does not fit.
Result<Value> DeserializeValue(std::string_view bytes, const Type& type);

/// The value as one of `type`, to which its column was promoted since it was written: int to long, float to double,
/// date to a timestamp. Also back from there, where the past is read by the schema of the past. Others stay as they
/// are.
Value PromoteValue(Value value, const Type& type);

/// Order of two values of one type: null first, NaN last, strings and bytes unsigned. -1, 0, 1.
int CompareValues(const Value& a, const Value& b);

/// Murmur3 x86 32-bit of the specification's byte form. Errors: kBadInput for types that have no hash.
Result<int32_t> HashValue(const Value& value, const Type& type);
int32_t Murmur3(std::string_view bytes);

/// "2024-07-19", "2024-07-19T10:00:00+00:00", "12.50", base64 of bytes: as other engines write partition folders.
std::string ValueText(const Value& value, const Type& type);

/// A literal as written in SQL or JSON for a column of `type`: "2024-07-19", "5", "New York". Errors: kBadInput.
Result<Value> ParseValue(std::string_view text, const Type& type);

/// Big-endian two's complement in the fewest bytes.
std::string DecimalBytes(__int128 unscaled);
__int128 DecimalFromBytes(std::string_view bytes);

}  // namespace ingot::iceberg
