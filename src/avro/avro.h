// Avro object container files: every type, field ids, deflate, snappy and zstandard. Files that Ingot writes carry a
// checksum in their sync marker (docs/formats/avro-checksum.md).
// Source: Apache Avro 1.11 specification; Iceberg specification, Appendix A "Avro".
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ingot::avro {

enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kRecord,
  kArray,
  kMap,
  kUnion
};

struct AvroSchema {
  struct Member {
    std::string name;
    int32_t field_id = -1;  // "field-id" of the Iceberg specification, -1 when absent
    std::shared_ptr<AvroSchema> schema;
  };
  AvroKind kind = AvroKind::kNull;
  std::vector<Member> members;  // record: fields; union: branches; array: the item; map: the value
  int32_t fixed_bytes = 0;
  std::string logical_type;          // "" when absent
  int32_t precision = 0, scale = 0;  // decimal
  std::optional<bool> adjust_to_utc;
  int32_t key_id = -1;  // map
  std::vector<std::string> symbols;
};

Result<std::shared_ptr<AvroSchema>> ParseAvroSchema(std::string_view json);

/// A decoded value. boolean: bool; int, long, enum: int64_t; bytes, string, fixed: std::string;
/// record, array: List in order; map: List of [key, value] Lists; union: the value of its branch.
struct AvroValue {
  using List = std::vector<AvroValue>;
  std::variant<std::monostate, bool, int64_t, float, double, std::string, List> value;

  AvroValue() = default;
  template <typename T>
    requires(!std::is_same_v<std::decay_t<T>, AvroValue>)
  AvroValue(T&& from) : value(std::forward<T>(from)) {}
  bool IsNull() const { return value.index() == 0; }
};

/// Decodes consecutive values. A read past the end or one that violates the schema sets `failed`; all later reads
/// return zeros.
struct AvroReader {
  std::string_view rest;
  bool failed = false;

  std::string_view Take(int64_t bytes);
  int64_t Long() {  // also int and enum
    if (rest.empty() || uint8_t(rest[0]) >= 0x80) return MultiByteLong();
    const auto byte = uint8_t(rest[0]);
    rest.remove_prefix(1);
    return int64_t(byte >> 1) ^ -int64_t(byte & 1);
  }
  int64_t MultiByteLong();
  std::string_view Bytes() { return Take(Long()); }  // also string
  template <typename T>
  T Raw() {
    T value{};
    const auto bytes = Take(sizeof(T));
    if (!failed) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  /// Reads the branch index of a union and returns its schema; the branch's value follows.
  const AvroSchema& Branch(const AvroSchema& schema);
  /// Reads the header of the next block of an array or a map: its number of items, 0 at the end.
  int64_t Items();
  AvroValue Value(const AvroSchema& schema, int depth = 0);
  void Skip(const AvroSchema& schema, int depth = 0);
};

struct AvroFile {
  std::map<std::string, std::string> properties;  // without avro.schema and avro.codec
  std::shared_ptr<AvroSchema> schema;
  std::vector<AvroValue> rows;
};

/// Errors: kCorrupt when the bytes violate the format; kUnsupported for an unknown codec. Never reads past the bytes.
Result<AvroFile> ReadAvroFile(std::string_view bytes);
/// The key-value metadata of the file's header, without avro.schema and avro.codec.
Result<std::map<std::string, std::string>> ReadAvroProperties(std::string_view bytes);
/// Calls `row(schema, in)` for each row; each call must read exactly one value of the schema from `in`.
Status ReadAvroRows(std::string_view bytes, const std::function<Status(const AvroSchema&, AvroReader&)>& row);

/// The header of a file, which precedes the first block.
struct AvroHeader {
  std::map<std::string, std::string> properties;  // without avro.schema and avro.codec
  std::shared_ptr<AvroSchema> schema;
  std::string codec;
  std::string sync;  // the sync marker, which follows each block
};
/// Errors: kCorrupt. When `in` ends within the header, `in.failed` is also set.
Result<AvroHeader> ReadAvroHeader(AvroReader& in);

/// Encodes consecutive values.
struct AvroWriter {
  std::string out;

  void Long(int64_t value);            // also int and enum
  void Bytes(std::string_view bytes);  // also string
  template <typename T>
  void Raw(T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
};

/// Writes a file of `count` rows; `write(i, out)` encodes the i-th. Deflate, blocks of about 64 kB.
Result<std::string> WriteAvroRows(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  size_t count, const std::function<Status(size_t, AvroWriter&)>& write);

/// Writes a file of decoded rows. A non-null value of a union takes the first non-null branch. Errors: kInternal when a
/// row does not match the schema.
Result<std::string> WriteAvroFile(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  const std::vector<AvroValue>& rows);

}  // namespace ingot::avro
