// Schema evolution: existing columns keep their field ids, so that old data files stay readable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "iceberg/types.h"

namespace ingot::iceberg {

/// Changes a copy of a schema. Names are full names with dots. After the first error, further changes do nothing;
/// Finish() returns that error.
class SchemaChange {
 public:
  /// `last_column_id` as in the table metadata, so that ids of dropped columns are not reused.
  SchemaChange(const Schema& schema, FieldId last_column_id) : schema_(schema), last_column_id_(last_column_id) {}

  /// Adds an optional column at the end of the struct `parent` ("" for the table).
  SchemaChange& Add(std::string_view parent, Field field);
  SchemaChange& Drop(std::string_view name);
  SchemaChange& Rename(std::string_view name, std::string new_name);
  /// int to long, float to double, decimal to a higher precision.
  SchemaChange& Widen(std::string_view name, const Type& type);
  SchemaChange& MakeOptional(std::string_view name);

  Result<Schema> Finish();

 private:
  Field* Find(std::string_view name);
  std::vector<Field>* SiblingsOf(std::string_view name);
  SchemaChange& SetError(std::string message);

  Schema schema_;
  FieldId last_column_id_;
  Status outcome_;
};

/// Returns `wanted`, with those columns required that another engine made required. Ingot never makes an optional
/// column required; so a column that is required in `current` and optional in one of `older` was changed by another
/// engine.
Schema KeepRequired(Schema wanted, const Schema& current, const std::vector<Schema>& older);

/// Returns `current` with every column of `wanted` (matched by full name): adds missing columns, widens types and makes
/// columns optional. Drops nothing. Errors: kBadInput if a type cannot be promoted to the wanted one.
Result<Schema> EvolveTowards(const Schema& current, FieldId last_column_id, const Schema& wanted);

}  // namespace ingot::iceberg
