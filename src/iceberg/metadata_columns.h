// Reserved columns, which are not part of a table's schema.
#pragma once

#include "iceberg/types.h"

namespace ingot::iceberg {

inline constexpr FieldId kDeletedFilePath = 2147483546;  // in position delete files
inline constexpr FieldId kDeletedPosition = 2147483545;
inline constexpr FieldId kRowPosition = 2147483645;
inline constexpr FieldId kRowId = 2147483540;
inline constexpr FieldId kLastUpdatedSequenceNumber = 2147483539;

/// The schema of a position delete file.
inline Schema PositionDeleteSchema() {
  return {.schema_id = 0,
          .fields = {{.id = kDeletedFilePath, .name = "file_path", .type = {.id = TypeId::kString}, .required = true},
                     {.id = kDeletedPosition, .name = "pos", .type = {.id = TypeId::kLong}, .required = true}},
          .identifier_field_ids = {}};
}

/// The position of a row in its data file, from 0; deleted rows count.
inline Field RowPositionColumn() {
  return {.id = kRowPosition, .name = "_pos", .type = {.id = TypeId::kLong}};
}

/// The schema with the columns of row lineage (format 3): a row that is copied to another file keeps its id and
/// sequence number.
inline Schema WithRowLineage(Schema schema) {
  schema.fields.push_back({.id = kRowId, .name = "_row_id", .type = {.id = TypeId::kLong}});
  schema.fields.push_back(
      {.id = kLastUpdatedSequenceNumber, .name = "_last_updated_sequence_number", .type = {.id = TypeId::kLong}});
  return schema;
}

}  // namespace ingot::iceberg
