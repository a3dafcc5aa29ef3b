// Renames the columns of the source position in tables of earlier versions. Only metadata changes. Field ids stay the
// same, so files, snapshots and readers of either name find the same values.
#pragma once

#include "iceberg/table.h"

namespace ingot::stage {

/// Renames the columns that `wanted` has under their current name. The schema is unchanged if there are none.
/// Errors: kBadInput if another engine has added a column with such a name.
Result<iceberg::Schema> RenamePositionColumns(const iceberg::Schema& schema, const iceberg::Schema& wanted);

/// Makes `schema` the current schema. Properties with the name of a renamed column get its current name.
void SetRenamedSchema(iceberg::TableMetadata& metadata, iceberg::Schema schema);

/// Logs that a commit has renamed the columns. Logs nothing if `before` already has the current names.
void ReportRenamed(const iceberg::Table& before, const iceberg::Table& after);

/// Renames the columns of a table that this stage only reads. Commits metadata if there are columns to rename.
Result<iceberg::Table> EnsurePositionColumns(iceberg::Table table, const iceberg::Schema& wanted);

/// The table as it is after a run renames its columns. Writes nothing.
Result<iceberg::Table> WithPositionColumns(iceberg::Table table, const iceberg::Schema& wanted);

}  // namespace ingot::stage
