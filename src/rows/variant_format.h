// The type codes of variant values. Source: Parquet, "Variant Binary Encoding".
#pragma once

#include <cstdint>

namespace ingot::rows::variant {

enum Basic : uint8_t { kPrimitive, kShortText, kObject, kArray };
// Type ids of primitive values, in the order of the encoding.
enum Primitive : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,
  kTimestamptz,
  kTimestamp,
  kFloat,
  kBinary,
  kText,
  kTime,
  kTimestamptzNs,
  kTimestampNs,
  kUuid
};

}  // namespace ingot::rows::variant
