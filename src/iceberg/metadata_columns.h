// Columns that every row has without its table's schema saying so.
// Source: Iceberg specification, "Reserved Field IDs", "Row Lineage".
#pragma once

#include "iceberg/types.h"

namespace ingot::iceberg {

inline constexpr FieldId kDeletedFilePath = 2147483546;  // in position delete files
inline constexpr FieldId kDeletedPosition = 2147483545;
inline constexpr FieldId kRowPosition = 2147483645;
inline constexpr FieldId kRowId = 2147483540;
inline constexpr FieldId kLastUpdatedSequenceNumber = 2147483539;

/// The rows of a position delete file, in ascending order.
inline Schema PositionDeleteSchema() {
  return {.schema_id = 0,
          .fields = {{.id = kDeletedFilePath, .name = "file_path", .type = {.id = TypeId::kString}, .required = true},
                     {.id = kDeletedPosition, .name = "pos", .type = {.id = TypeId::kLong}, .required = true}},
          .identifier_field_ids = {}};
}

/// Where a row stands in its data file, from 0, deleted rows counted.
inline Field RowPositionColumn() {
  return {.id = kRowPosition, .name = "_pos", .type = {.id = TypeId::kLong}};
}

/// The schema and the columns of row lineage (format 3): rows that move to another file keep what they say.
inline Schema WithRowLineage(Schema schema) {
  schema.fields.push_back({.id = kRowId, .name = "_row_id", .type = {.id = TypeId::kLong}});
  schema.fields.push_back(
      {.id = kLastUpdatedSequenceNumber, .name = "_last_updated_sequence_number", .type = {.id = TypeId::kLong}});
  return schema;
}

}  // namespace ingot::iceberg
