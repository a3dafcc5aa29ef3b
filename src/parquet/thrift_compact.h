// Thrift's compact protocol, as far as Parquet's footers need it: a tree that can be read, changed and written again,
// with fields that nobody here knows kept as they are. Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
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
  int64_t number = 0;                          // of integers
  std::string bytes;                           // of binaries; of doubles their eight
  ThriftType item_type = ThriftType::kStruct;  // of lists and sets
  std::vector<ThriftValue> items;              // of lists and sets
  std::vector<ThriftField> fields;             // of structs

  ThriftValue* Find(int16_t field);
  const ThriftValue* Find(int16_t field) const;
};

struct ThriftField {
  int16_t id = 0;
  ThriftValue value;
};

/// A struct. Errors: kCorrupt; kUnsupported for maps, which footers have none of.
Result<ThriftValue> ReadThrift(std::string_view bytes);
std::string WriteThrift(const ThriftValue& value);

}  // namespace ingot::parquet_format
