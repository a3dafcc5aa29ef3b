// A value of a primitive type, used for partition values, bounds and the literals of filters.
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

/// The binary form of a value, as in bounds; "" for null.
std::string SerializeValue(const Value& value, const Type& type);
/// Parses the binary form. Also accepts the bytes of a type that was promoted to `type` since (4-byte int for long,
/// date for timestamp, float for double). Errors: kCorrupt for a wrong length.
Result<Value> DeserializeValue(std::string_view bytes, const Type& type);

/// Converts a value that was written before its column was promoted to `type`: int to long, float to double, date to
/// timestamp. Also converts back, as reads of an old snapshot use its old schema. Other values are returned unchanged.
Value PromoteValue(Value value, const Type& type);

/// Compares two values of one type: -1, 0 or 1. Null is first, NaN last; strings and bytes compare as unsigned bytes.
int CompareValues(const Value& a, const Value& b);

/// The specification's 32-bit hash (Murmur3 x86). Errors: kBadInput for types that have no hash.
Result<int32_t> HashValue(const Value& value, const Type& type);
int32_t Murmur3(std::string_view bytes);

/// The value as text: "2024-07-19", "2024-07-19T10:00:00+00:00", "12.50", base64 for bytes. Other engines name
/// partition folders the same way.
std::string ValueText(const Value& value, const Type& type);

/// Parses a literal of SQL or JSON for a column of `type`: "2024-07-19", "5", "New York". Errors: kBadInput.
Result<Value> ParseValue(std::string_view text, const Type& type);

/// Big-endian two's complement in the fewest bytes.
std::string DecimalBytes(__int128 unscaled);
__int128 DecimalFromBytes(std::string_view bytes);

}  // namespace ingot::iceberg
