// The types of table columns and the schema that names them by field id.
// Source: Iceberg specification, "Schemas and Data Types", Appendix C "Schemas".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot::iceberg {

using FieldId = int32_t;

enum class TypeId {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestamptz,
  kTimestampNs,
  kTimestamptzNs,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kUnknown,  // format 3
  kVariant,  // format 3
  kStruct,
  kList,
  kMap,
};

struct Field;

/// A type by value. Struct: `fields` are its columns; list: one field "element"; map: "key" and "value".
struct Type {
  TypeId id = TypeId::kInt;
  int32_t precision = 0;      // decimal
  int32_t scale = 0;          // decimal
  int32_t length = 0;         // fixed: bytes
  bool stored = false;        // variant: in memory as files have it, not as JSON (WithStoredVariants)
  std::vector<Field> fields;  // nested types
  std::string other;          // of nested types: JSON object text of keys that this version does not know

  bool IsNested() const { return id == TypeId::kStruct || id == TypeId::kList || id == TypeId::kMap; }
  bool operator==(const Type& other) const;
};

struct Field {
  FieldId id = 0;
  std::string name;
  Type type;
  bool required = false;
  std::string doc;
  std::string initial_default;  // format 3: JSON text, empty when absent
  std::string write_default;    // format 3: JSON text, empty when absent
  std::string other;            // JSON object text of keys that this version does not know

  bool operator==(const Field& other) const = default;
};

/// "long", "decimal(9, 2)", "fixed[16]", "struct<1: a: optional int>": for messages, and for primitives the
/// specification's name.
std::string TypeName(const Type& type);

/// The type of a primitive's name. Errors: kUnsupported for geometry and geography; kCorrupt for an unknown name or bad
/// parameters.
Result<Type> ParsePrimitiveType(std::string_view name);

/// Whether every value of `from` may be read as `to`: int to long, float to double, a wider decimal (specification,
/// "Schema Evolution").
bool CanPromote(const Type& from, const Type& to);

/// The same with what format 3 adds: date to a timestamp without zone, unknown to any type. Other writers' tables are
/// read so; our own schemas do not change so.
bool CanPromoteOnRead(const Type& from, const Type& to);

class Schema {
 public:
  int32_t schema_id = 0;
  std::vector<Field> fields;
  std::vector<FieldId> identifier_field_ids;
  std::string other = {};  // JSON object text of keys that this version does not know

  /// Any field, also nested; nullptr when there is none.
  const Field* FindById(FieldId id) const;
  /// By the full name with dots, e.g. "server.location"; list elements as "name.element". Case matters.
  const Field* FindByName(std::string_view name) const;
  /// The full name of a field, "" when there is none.
  std::string NameOf(FieldId id) const;
  FieldId HighestFieldId() const;
  /// The same columns, whatever the schema id.
  bool SameFields(const Schema& that) const {
    return fields == that.fields && identifier_field_ids == that.identifier_field_ids && other == that.other;
  }
  /// Identifier fields, and the structs around them, are required (specification, "Identifier Field IDs").
  bool IsIdentifier(const Field& field) const;
};

/// JSON of the specification's Appendix C, e.g. for the "schema" property of manifests.
std::string SchemaToJson(const Schema& schema);
Result<Schema> ParseSchema(std::string_view json);

/// Gives every field, nested ones too, a fresh id in depth-first order after `last_id`; returns the last one given.
FieldId AssignFreshIds(std::vector<Field>& fields, FieldId last_id);

}  // namespace ingot::iceberg
