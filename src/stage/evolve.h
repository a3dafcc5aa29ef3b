// Changes an existing table to what the pipeline file asks for: columns, format, properties, partition and sort order,
// and the stored definition. No data file changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::stage {

/// Input: not an ops table.
WantedTable Wanted(const pipeline::Pipeline& pipeline, const pipeline::PipelineTable& table);

/// Changes of columns beyond those that keep every existing value: new columns and wider types.
struct Evolution {
  std::map<std::string, std::string> renames;  // current name by old name
  std::vector<std::string> drops;              // removed from the schema; files keep their values
  /// A column whose type cannot be promoted to the wanted one is dropped, and one of that name with a new field id is
  /// added. Only for commits that replace all rows.
  bool replaces_types = false;
  /// Applies partition, sort order and properties of the pipeline file even if these are the same as before in the
  /// file, and another engine has changed them.
  bool resets_layout = false;
};

/// The renames of fields that apply to a table with these columns: it has the old name, and the wanted schema only the
/// new one. Columns of gold have names of their own: `kind: category` stays kind when the field kind becomes category.
std::map<std::string, std::string> RenamesOf(const iceberg::Schema& current, const iceberg::Schema& wanted,
                                             const std::map<std::string, std::string>& renames);

/// The table property with the partition, sort order and properties of the pipeline file that was applied last.
inline constexpr const char* kLayoutProperty = "ingot.layout";
/// Its value for a table of the pipeline file, as JSON.
std::string LayoutOf(const pipeline::TableSpec& spec);

/// Tables of format 2 have no defaults. The column is null in rows that are older than the column.
iceberg::Schema SchemaForFormat(iceberg::Schema schema, int32_t format_version);

/// The current schema, changed towards the wanted one. Errors: kBadConfig for a narrower type, kBadInput for a type
/// that cannot be promoted, unless the evolution replaces types.
Result<iceberg::Schema> EvolvedSchema(const iceberg::TableMetadata& metadata, const WantedTable& wanted,
                                      const Evolution& evolution);

/// Changes format, properties, schema, sort order and partition. The last two apply to new files.
Status EvolveMetadata(iceberg::TableMetadata& metadata, const WantedTable& wanted, const Evolution& evolution);

/// Does this to a table, which is created if it does not exist.
Result<iceberg::Table> EvolveTable(const Environment& environment, const WantedTable& wanted);

/// Sets the properties that hold the definition and the name of the pipeline. The property kDefinitionKey belongs to
/// the mark: it says what computed the rows up to it.
void SetDefinition(iceberg::Properties& properties, const Environment& environment, const std::string& definition);

/// Commits EvolveMetadata and the wanted definition with an empty snapshot, so that a commit of a stage with the
/// definition `before` fails from now on with every kind of catalog. Errors: kConflict if the table no longer has
/// `before`. Input: `summary`: added to the snapshot.
Result<iceberg::Table> CommitDefinition(const Environment& environment, const WantedTable& wanted,
                                        const Evolution& evolution, const std::string& before,
                                        iceberg::Properties summary);

}  // namespace ingot::stage
