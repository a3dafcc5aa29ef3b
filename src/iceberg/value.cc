#include "iceberg/value.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/clock.h"

namespace ingot::iceberg {
namespace {

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <typename T>
T FromLittleEndian(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

template <typename T>
int CompareNumbers(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return int(std::isnan(a)) - int(std::isnan(b));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

std::string DecimalBytes(__int128 unscaled) {
  std::string bytes;
  for (int shift = 120; shift >= 0; shift -= 8) bytes += char(uint8_t(unscaled >> shift));
  size_t begin = 0;
  while (begin + 1 < bytes.size()) {
    const bool next_negative = uint8_t(bytes[begin + 1]) & 0x80;
    const uint8_t lead = uint8_t(bytes[begin]);
    if (!((lead == 0x00 && !next_negative) || (lead == 0xFF && next_negative))) break;
    ++begin;
  }
  return bytes.substr(begin);
}

__int128 DecimalFromBytes(std::string_view bytes) {
  __int128 value = !bytes.empty() && (uint8_t(bytes[0]) & 0x80) ? -1 : 0;
  for (const char byte : bytes) value = (value << 8) | uint8_t(byte);
  return value;
}

// The switches over Value::index() here and in rows/arrow_schema.cc know these alternatives.
static_assert(std::variant_size_v<Value> == 8);

std::string SerializeValue(const Value& value, const Type& type) {
  switch (value.index()) {
    case 1:
      return std::string(1, std::get<bool>(value) ? '\1' : '\0');
    case 2:
      return LittleEndian(std::get<int32_t>(value));
    case 3:
      return LittleEndian(std::get<int64_t>(value));
    case 4:
      return LittleEndian(std::get<float>(value));
    case 5:
      return LittleEndian(std::get<double>(value));
    case 6:
      return std::get<std::string>(value);
    case 7:
      return DecimalBytes(std::get<Decimal>(value).unscaled);
    default:
      (void)type;
      return "";
  }
}

Result<Value> DeserializeValue(std::string_view bytes, const Type& type) {
  const auto wrong = [&] {
    return Fail(ErrorKind::kCorrupt, "a value of " + TypeName(type) + " has an invalid length of " +
                                         std::to_string(bytes.size()) + " bytes");
  };
  switch (type.id) {
    case TypeId::kBoolean:
      if (bytes.size() != 1) return wrong();
      return Value(bytes[0] != 0);
    case TypeId::kInt:
    case TypeId::kDate:
      if (bytes.size() != 4) return wrong();
      return Value(FromLittleEndian<int32_t>(bytes));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
      if (bytes.size() == 4)
        if (Value value = PromoteValue(FromLittleEndian<int32_t>(bytes), type); value.index() == 3) return value;
      if (bytes.size() != 8) return wrong();
      return Value(FromLittleEndian<int64_t>(bytes));
    case TypeId::kFloat:
      if (bytes.size() != 4) return wrong();
      return Value(FromLittleEndian<float>(bytes));
    case TypeId::kDouble:
      if (bytes.size() == 4) return Value(double(FromLittleEndian<float>(bytes)));
      if (bytes.size() != 8) return wrong();
      return Value(FromLittleEndian<double>(bytes));
    case TypeId::kDecimal:
      if (bytes.empty() || bytes.size() > 16) return wrong();
      return Value(Decimal{DecimalFromBytes(bytes)});
    case TypeId::kUuid:
      if (bytes.size() != 16) return wrong();
      return Value(std::string(bytes));
    case TypeId::kString:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Value(std::string(bytes));
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kUnsupported, "no single-value serialization for " + TypeName(type));
}

Value PromoteValue(Value value, const Type& type) {
  if (const auto* narrow = std::get_if<int32_t>(&value)) {
    const bool nanos = type.id == TypeId::kTimestampNs;
    int64_t moment = 0;
    if (type.id == TypeId::kLong) return int64_t(*narrow);
    // A day beyond the range of nanoseconds equals none of them.
    if ((nanos || type.id == TypeId::kTimestamp) &&
        !__builtin_mul_overflow(int64_t(*narrow), kMicrosPerDay*(nanos ? 1000 : 1), &moment))
      return moment;
  }
  if (const auto* wide = std::get_if<int64_t>(&value); wide != nullptr && type.id == TypeId::kInt)
    if (int32_t(*wide) == *wide) return int32_t(*wide);
  if (const auto* narrow = std::get_if<float>(&value); narrow != nullptr && type.id == TypeId::kDouble)
    return double(*narrow);
  if (const auto* wide = std::get_if<double>(&value); wide != nullptr && type.id == TypeId::kFloat) return float(*wide);
  return value;
}

int CompareValues(const Value& a, const Value& b) {
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  switch (a.index()) {
    case 1:
      return CompareNumbers(int(std::get<bool>(a)), int(std::get<bool>(b)));
    case 2:
      return CompareNumbers(std::get<int32_t>(a), std::get<int32_t>(b));
    case 3:
      return CompareNumbers(std::get<int64_t>(a), std::get<int64_t>(b));
    case 4:
      return CompareNumbers(std::get<float>(a), std::get<float>(b));
    case 5:
      return CompareNumbers(std::get<double>(a), std::get<double>(b));
    case 6: {
      const int order = std::get<std::string>(a).compare(std::get<std::string>(b));  // char_traits compares unsigned
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case 7:
      return CompareNumbers(std::get<Decimal>(a).unscaled, std::get<Decimal>(b).unscaled);
    default:
      return 0;
  }
}

int32_t Murmur3(std::string_view bytes) {
  constexpr uint32_t c1 = 0xcc9e2d51, c2 = 0x1b873593;
  uint32_t hash = 0;
  const size_t blocks = bytes.size() / 4;
  for (size_t i = 0; i < blocks; ++i) {
    uint32_t k = FromLittleEndian<uint32_t>(bytes.substr(i * 4, 4));
    k = std::rotl(k * c1, 15) * c2;
    hash = std::rotl(hash ^ k, 13) * 5 + 0xe6546b64;
  }
  uint32_t tail = 0;
  for (size_t i = bytes.size(); i > blocks * 4; --i) tail = (tail << 8) | uint8_t(bytes[i - 1]);
  if (bytes.size() % 4 != 0) hash ^= std::rotl(tail * c1, 15) * c2;
  hash ^= uint32_t(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return int32_t(hash ^ (hash >> 16));
}

Result<int32_t> HashValue(const Value& value, const Type& type) {
  switch (type.id) {
    case TypeId::kInt:
    case TypeId::kDate:
      return Murmur3(LittleEndian(int64_t(std::get<int32_t>(value))));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestamptz:
      return Murmur3(LittleEndian(std::get<int64_t>(value)));
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs: {
      const int64_t nanos = std::get<int64_t>(value);
      return Murmur3(LittleEndian(nanos / 1000 - (nanos % 1000 < 0)));
    }
    case TypeId::kDecimal:
      return Murmur3(DecimalBytes(std::get<Decimal>(value).unscaled));
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return Murmur3(std::get<std::string>(value));
    case TypeId::kBoolean:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kBadInput, "the bucket transform does not accept " + TypeName(type));
}

}  // namespace ingot::iceberg
