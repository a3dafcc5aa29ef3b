// Thrift's compact protocol as far as Parquet footers use it: a tree that can be read, changed and written, which
// preserves unknown fields. Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot::parquet_format {

enum class ThriftType : uint8_t {
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12
};

struct ThriftField;

struct ThriftValue {
  ThriftType type = ThriftType::kStruct;
  int64_t number = 0;                          // integers
  std::string bytes;                           // binaries; the eight bytes of doubles
  ThriftType item_type = ThriftType::kStruct;  // lists and sets
  std::vector<ThriftValue> items;              // lists and sets
  std::vector<ThriftField> fields;             // structs

  /// The field with this id, or nullptr.
  ThriftValue* Find(int16_t field);
  const ThriftValue* Find(int16_t field) const;
};

struct ThriftField {
  int16_t id = 0;
  ThriftValue value;
};

/// Reads a struct. Errors: kCorrupt; kUnsupported for maps, which Parquet footers do not use.
Result<ThriftValue> ReadThrift(std::string_view bytes);
std::string WriteThrift(const ThriftValue& value);

}  // namespace ingot::parquet_format
