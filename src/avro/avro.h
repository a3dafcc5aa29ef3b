// Avro object container files: every type, field ids, deflate, snappy and zstandard. Those of ours carry a checksum in
// their sync marker (docs/formats/avro-checksum.md).
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
  std::vector<Member> members;  // record fields; union branches; the one item of an array; the one value of a map
  int32_t fixed_bytes = 0;
  std::string logical_type;          // "" when there is none
  int32_t precision = 0, scale = 0;  // of decimals
  std::optional<bool> adjust_to_utc;
  int32_t key_id = -1;  // of a map
  std::vector<std::string> symbols;
};

Result<std::shared_ptr<AvroSchema>> ParseAvroSchema(std::string_view json);

/// A decoded value. boolean: bool; int, long, enum: int64; bytes, string, fixed: std::string;
/// record, array: list in order; map: list of [key, value] lists; a union is the value of its branch.
struct AvroValue {
  using List = std::vector<AvroValue>;
  std::variant<std::monostate, bool, int64_t, float, double, std::string, List> value;

  AvroValue() = default;
  template <typename T>
    requires(!std::is_same_v<std::decay_t<T>, AvroValue>)
  AvroValue(T&& from) : value(std::forward<T>(from)) {}
  bool IsNull() const { return value.index() == 0; }
};

/// Encoded values, one after another. The first read past the end, or against the schema, sets `failed`, and all that
/// come after give zeros.
struct AvroReader {
  std::string_view rest;
  bool failed = false;

  std::string_view Take(int64_t bytes);
  int64_t Long() {  // an int or an enum, too
    if (rest.empty() || uint8_t(rest[0]) >= 0x80) return LongOfManyBytes();
    const auto byte = uint8_t(rest[0]);
    rest.remove_prefix(1);
    return int64_t(byte >> 1) ^ -int64_t(byte & 1);
  }
  int64_t LongOfManyBytes();
  std::string_view Bytes() { return Take(Long()); }  // a string, too
  template <typename T>
  T Raw() {
    T value{};
    const auto bytes = Take(sizeof(T));
    if (!failed) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  /// The branch of a union that the next value has.
  const AvroSchema& Branch(const AvroSchema& schema);
  /// The number of items that follow in an array or a map; 0 at its end.
  int64_t Items();
  AvroValue Value(const AvroSchema& schema, int depth = 0);
  void Skip(const AvroSchema& schema, int depth = 0);
};

struct AvroFile {
  std::map<std::string, std::string> properties;  // without avro.schema and avro.codec
  std::shared_ptr<AvroSchema> schema;
  std::vector<AvroValue> rows;
};

/// Errors: kCorrupt where the bytes break the format, never a read past them; kUnsupported for an unknown codec.
Result<AvroFile> ReadAvroFile(std::string_view bytes);
/// What the file's header says beside the schema and the codec.
Result<std::map<std::string, std::string>> ReadAvroProperties(std::string_view bytes);
/// Calls `row(schema, in)` for each row of a file, which must read one value of the schema.
Status ReadAvroRows(std::string_view bytes, const std::function<Status(const AvroSchema&, AvroReader&)>& row);

/// What stands before the first block.
struct AvroHeader {
  std::map<std::string, std::string> properties;  // without avro.schema and avro.codec
  std::shared_ptr<AvroSchema> schema;
  std::string codec;
  std::string sync;  // ends each block
};
/// Errors: kCorrupt, also where `in` ends within the header; then `in` has failed.
Result<AvroHeader> ReadAvroHeader(AvroReader& in);

/// Encoded values, one after another.
struct AvroWriter {
  std::string out;

  void Long(int64_t value);            // an int or an enum, too
  void Bytes(std::string_view bytes);  // a string, too
  template <typename T>
  void Raw(T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
};

/// A file of `count` rows, of which `write(i, out)` adds the i-th. Deflate, blocks of about 64 kB.
Result<std::string> WriteAvroRows(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  size_t count, const std::function<Status(size_t, AvroWriter&)>& write);

/// Rows must fit the schema; a union takes the first branch that fits.
Result<std::string> WriteAvroFile(std::string_view schema_json, const std::map<std::string, std::string>& properties,
                                  const std::vector<AvroValue>& rows);

}  // namespace ingot::avro
