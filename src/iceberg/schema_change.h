// Schema evolution: every change keeps the field ids of what stays, so that old files read right.
// Source: Iceberg specification, "Schema Evolution".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "iceberg/types.h"

namespace ingot::iceberg {

/// Edits a copy of a schema. Names are full names with dots. The first error sticks and is returned by Finish().
class SchemaChange {
 public:
  /// `last_column_id` as in the table metadata: ids that dropped columns had are never given again.
  SchemaChange(const Schema& schema, FieldId last_column_id) : schema_(schema), last_column_id_(last_column_id) {}

  /// Adds an optional column at the end of the struct `parent` ("" for the table).
  SchemaChange& Add(std::string_view parent, Field field);
  SchemaChange& Drop(std::string_view name);
  SchemaChange& Rename(std::string_view name, std::string new_name);
  /// int to long, float to double, decimal to a higher precision.
  SchemaChange& Widen(std::string_view name, const Type& type);
  SchemaChange& MakeOptional(std::string_view name);
  SchemaChange& MoveFirst(std::string_view name);
  /// Both columns in the same struct.
  SchemaChange& MoveAfter(std::string_view name, std::string_view other);

  Result<Schema> Finish();

 private:
  Field* Find(std::string_view name);
  std::vector<Field>* SiblingsOf(std::string_view name);
  SchemaChange& Refuse(std::string message);

  Schema schema_;
  FieldId last_column_id_;
  Status outcome_;
};

/// `wanted` with those columns required that another engine made so: Ingot never makes an optional column required, so
/// that one which is required now, and was optional in one of `older`, is not Ingot's to change.
Schema KeepRequired(Schema wanted, const Schema& current, const std::vector<Schema>& older);

/// The schema that holds every column of `wanted` (matched by full name), adding what is missing, widening what grew
/// and making optional what may be null now. Nothing is dropped. Errors: kBadInput where a type cannot become the
/// wanted one.
Result<Schema> EvolveTowards(const Schema& current, FieldId last_column_id, const Schema& wanted);

}  // namespace ingot::iceberg
