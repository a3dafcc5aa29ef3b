// Renames the columns for the source position in tables of earlier versions. Only metadata change: field ids stay, so
// that files, snapshots and readers of either name find the same values.
#pragma once

#include "iceberg/table.h"

namespace ingot::stage {

/// The schema with those columns renamed that `wanted` has under their name of today; unchanged when there are none.
/// Errors: kBadInput when another engine has added a column of such a name.
Result<iceberg::Schema> RenamePositionColumns(const iceberg::Schema& schema, const iceberg::Schema& wanted);

/// Makes `schema` the current one. Properties that name a renamed column get its name of today.
void SetRenamedSchema(iceberg::TableMetadata& metadata, iceberg::Schema schema);

/// Says once that a commit has renamed the columns: nothing when `before` had the names of today.
void ReportRenamed(const iceberg::Table& before, const iceberg::Table& after);

/// Renames the columns of a table that this stage only reads, by a commit of metadata if there are any.
Result<iceberg::Table> EnsurePositionColumns(iceberg::Table table, const iceberg::Schema& wanted);

/// The table as it will be once a run has renamed its columns; nothing is written.
Result<iceberg::Table> WithPositionColumns(iceberg::Table table, const iceberg::Schema& wanted);

}  // namespace ingot::stage
