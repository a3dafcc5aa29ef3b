// Field ids for the columns of data files that were written without them (Hive tables, files added as they are).
// Source: Iceberg specification, "Column Projection", "Name Mapping Serialization".
#pragma once

#include <arrow/type.h>

#include <memory>
#include <string>

#include "iceberg/metadata.h"
#include "rows/arrow_project.h"

namespace ingot::rows {

/// Whether each field, nested ones too, has an id. Elements of lists, keys and values do not need one.
bool HasFieldIds(const arrow::Schema& file_schema);

/// Puts ids on the fields that have none, at every depth, from the table's "schema.name-mapping.default" (JSON; may be
/// empty). Fields whose value the partition gives stay without one: that value comes first.
Result<std::shared_ptr<arrow::Schema>> AssignFieldIds(const arrow::Schema& file_schema, const std::string& mapping_json,
                                                      const PartitionConstants& constants = {});

/// Errors: kUnsupported where a field of `wanted` that the file seems not to have may be one of its columns without an
/// id: nothing at that level has an id, or, without a name mapping, a column has a name that the field has or had. The
/// message says how to set the property.
Status CheckFieldIds(const arrow::Schema& file_schema, const iceberg::Schema& wanted,
                     const iceberg::TableMetadata& metadata, const PartitionConstants& constants);

/// The name mapping of a schema, as JSON: what writers store in "schema.name-mapping.default".
std::string NameMappingOf(const iceberg::Schema& schema);

}  // namespace ingot::rows
