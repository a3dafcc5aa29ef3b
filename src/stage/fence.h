// The definition of a table (pipeline/definition.h) as the table stores it. Each commit of a stage checks, in the
// compare-and-swap, that the table still has the definition by which the stage computes. A stage of another pipeline
// file loses that commit. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <string>

#include "iceberg/table.h"

namespace ingot::stage {

/// The table property with the definition that computed the rows. Snapshots of stages have its id (kDefinitionKey).
inline constexpr const char* kDefinitionProperty = "ingot.definition";
/// The table property of bronze with the fields that the pipeline file no longer has (pipeline/removed_fields.h).
inline constexpr const char* kRemovedFieldsProperty = "ingot.removed-fields";
/// The table property with the name of the pipeline that writes the table.
inline constexpr const char* kPipelineProperty = "ingot.pipeline";

/// The definition of the table's rows. Empty if an earlier version of the program made the table, or if it was rolled
/// back to a snapshot of another definition.
std::string DefinitionIn(const iceberg::TableMetadata& metadata);

/// Errors: kPendingChange, with what to do, if the table has another definition or none.
Status CheckDefinition(const iceberg::TableMetadata& metadata, const std::string& definition, const std::string& table);

/// Makes the commit fail with kPendingChange if the table has another definition. Adds the definition's id to the
/// summary. Keeps the checks that `change` already has.
void Fence(iceberg::SnapshotChange& change, const std::string& definition, const std::string& table);

}  // namespace ingot::stage
