// Assigns field ids to the columns of data files that were written without them (Hive tables, imported files).
// Source: Iceberg specification, "Column Projection", "Name Mapping Serialization".
#pragma once

#include <arrow/type.h>

#include <memory>
#include <string>

#include "iceberg/metadata.h"
#include "rows/arrow_project.h"

namespace ingot::rows {

/// Whether every field, including nested ones, has an id. Elements of lists, keys and values need none.
bool HasFieldIds(const arrow::Schema& file_schema);

/// Assigns ids to the fields without one, at every nesting level, from the table's "schema.name-mapping.default" (JSON;
/// may be empty). Fields in `constants` get no id: the partition's value takes precedence.
Result<std::shared_ptr<arrow::Schema>> AssignFieldIds(const arrow::Schema& file_schema, const std::string& mapping_json,
                                                      const PartitionConstants& constants = {});

/// Checks that the ids identify the columns of `wanted`. Errors: kUnsupported if a field of `wanted` without a matching
/// id could still be one of the file's columns without an id: no field at that level has an id, or, without a name
/// mapping, a column has a current or former name of the field. The message says how to set the property.
Status CheckFieldIds(const arrow::Schema& file_schema, const iceberg::Schema& wanted,
                     const iceberg::TableMetadata& metadata, const PartitionConstants& constants);

/// The name mapping of a schema as JSON, the value of "schema.name-mapping.default".
std::string NameMappingOf(const iceberg::Schema& schema);

}  // namespace ingot::rows
