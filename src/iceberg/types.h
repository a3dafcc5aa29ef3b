// Column types, and the schema, which identifies columns by field id.
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

/// A type. `fields`: the columns of a struct, "element" of a list, "key" and "value" of a map.
struct Type {
  TypeId id = TypeId::kInt;
  int32_t precision = 0;      // decimal
  int32_t scale = 0;          // decimal
  int32_t length = 0;         // fixed: bytes
  bool stored = false;        // variant: in memory in the encoding of files, not as JSON (WithStoredVariants)
  std::vector<Field> fields;  // nested types
  std::string other;          // nested types: unknown keys as JSON object text

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
  std::string other;            // unknown keys as JSON object text

  bool operator==(const Field& other) const = default;
};

/// The name of a type: "long", "decimal(9, 2)", "fixed[16]", "struct<1: a: optional int>". For primitive types it is
/// the specification's name.
std::string TypeName(const Type& type);

/// Parses the name of a primitive type. Errors: kUnsupported for geometry and geography; kCorrupt for an unknown name
/// or invalid parameters.
Result<Type> ParsePrimitiveType(std::string_view name);

/// Whether the specification allows `from` to be promoted to `to`: int to long, float to double, a wider decimal
/// ("Schema Evolution").
bool CanPromote(const Type& from, const Type& to);

/// The same, including the promotions of format 3 (date to timestamp without zone, unknown to any type). Used to read
/// tables of other writers; Ingot does not promote its own columns this way.
bool CanPromoteOnRead(const Type& from, const Type& to);

class Schema {
 public:
  int32_t schema_id = 0;
  std::vector<Field> fields;
  std::vector<FieldId> identifier_field_ids;
  std::string other = {};  // unknown keys as JSON object text

  /// Any field, including nested ones; nullptr if there is none.
  const Field* FindById(FieldId id) const;
  /// Finds a field by its full name with dots, e.g. "server.location"; list elements are "name.element".
  /// Case-sensitive.
  const Field* FindByName(std::string_view name) const;
  /// The full name of a field, "" if there is none.
  std::string NameOf(FieldId id) const;
  FieldId HighestFieldId() const;
  /// Whether the columns are equal; ignores the schema id.
  bool SameFields(const Schema& that) const {
    return fields == that.fields && identifier_field_ids == that.identifier_field_ids && other == that.other;
  }
  /// Whether it is an identifier field or a struct around one: both must be required (specification, "Identifier Field
  /// IDs").
  bool IsIdentifier(const Field& field) const;
};

/// JSON of Appendix C, e.g. for the "schema" property of manifests.
std::string SchemaToJson(const Schema& schema);

/// Gives every field, including nested ones, a new id after `last_id`, in depth-first order. Returns the last id given.
FieldId AssignFreshIds(std::vector<Field>& fields, FieldId last_id);

}  // namespace ingot::iceberg
