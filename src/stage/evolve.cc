#include "stage/evolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "iceberg/commit.h"
#include "iceberg/schema_change.h"
#include "pipeline/definition.h"
#include "pipeline/difference.h"
#include "pipeline/removed_fields.h"
#include "stage/fence.h"
#include "stage/position_columns.h"
#include "stage/stage.h"

namespace ingot::stage {
namespace {

using iceberg::Schema;
using iceberg::TableMetadata;

/// A column may be wider than its field if another engine widened it. A pipeline file that narrows a field is an error,
/// because its values differ.
Status CheckNotNarrowed(const iceberg::TableMetadata& metadata, const iceberg::Schema& wanted) {
  for (const iceberg::Field& field : wanted.fields) {
    const iceberg::Field* have = metadata.CurrentSchema().FindByName(field.name);
    if (have == nullptr || have->type == field.type || !iceberg::CanPromote(field.type, have->type)) continue;
    const bool was = std::ranges::any_of(metadata.schemas, [&](const iceberg::Schema& schema) {
      const iceberg::Field* before = schema.FindById(have->id);
      return before != nullptr && before->type == field.type;
    });
    if (!was)
      return Fail(
          ErrorKind::kBadConfig,
          fmt::format("column {0} is {1} and never was {2}: a type may only widen; write type: {1}, or give the "
                      "field a new name",
                      field.name, TypeName(have->type), TypeName(field.type)));
  }
  return {};
}

/// Renames and drops columns. A column whose type cannot become the wanted one is dropped too, if that is allowed.
Result<Schema> Prepared(const TableMetadata& metadata, const Schema& wanted, const Evolution& evolution) {
  INGOT_ASSIGN(const Schema current, RenamePositionColumns(metadata.CurrentSchema(), wanted));
  iceberg::SchemaChange change(current, metadata.last_column_id);
  const auto renames = RenamesOf(current, wanted, evolution.renames);
  std::map<std::string, std::string> before;  // by current name
  for (const auto& [from, to] : renames) {
    before[to] = from;
    change.Rename(from, to);
  }
  // New rows have null in the columns that are no longer written.
  for (const iceberg::Field& field : current.fields)
    if (field.required && wanted.FindByName(field.name) == nullptr && !renames.contains(field.name))
      change.MakeOptional(field.name);
  for (const std::string& name : evolution.drops)
    if (current.FindByName(name) != nullptr) change.Drop(name);
  if (evolution.replaces_types)
    for (const iceberg::Field& field : wanted.fields) {
      const auto renamed = before.find(field.name);
      const iceberg::Field* have = current.FindByName(field.name);
      if (have == nullptr && renamed != before.end()) have = current.FindByName(renamed->second);
      if (have != nullptr && !(have->type == field.type) && !iceberg::CanPromote(have->type, field.type))
        change.Drop(field.name);
    }
  return change.Finish();
}

}  // namespace

std::map<std::string, std::string> RenamesOf(const Schema& current, const Schema& wanted,
                                             const std::map<std::string, std::string>& renames) {
  std::map<std::string, std::string> applying;
  for (const auto& [from, to] : renames)
    if (wanted.FindByName(to) != nullptr && wanted.FindByName(from) == nullptr && current.FindByName(from) != nullptr &&
        current.FindByName(to) == nullptr)
      applying[from] = to;
  return applying;
}

iceberg::Schema SchemaForFormat(iceberg::Schema schema, int32_t format_version) {
  if (format_version < 3)
    for (iceberg::Field& field : schema.fields) field.initial_default = field.write_default = "";
  return schema;
}

WantedTable Wanted(const pipeline::Pipeline& pipeline, const pipeline::PipelineTable& table) {
  return {.spec = *table.spec, .schema = SchemaOf(pipeline, table), .definition = DefinitionOf(pipeline, table)};
}

Result<Schema> EvolvedSchema(const TableMetadata& metadata, const WantedTable& wanted, const Evolution& evolution) {
  if (!evolution.replaces_types) INGOT_TRY(CheckNotNarrowed(metadata, wanted.schema));
  INGOT_ASSIGN(const Schema current, Prepared(metadata, wanted.schema, evolution));
  const Schema fitting =
      iceberg::KeepRequired(SchemaForFormat(wanted.schema, metadata.format_version), current, metadata.schemas);
  INGOT_ASSIGN(auto next, iceberg::EvolveTowards(current, metadata.last_column_id, fitting));
  INGOT_TRY(iceberg::CheckFormatSupports(next, metadata.format_version));
  return next;
}

std::string LayoutOf(const pipeline::TableSpec& spec) {
  nlohmann::json layout{
      {"properties", spec.properties}, {"partition", nlohmann::json::array()}, {"sort", nlohmann::json::array()}};
  for (const auto& [column, transform] : spec.partition)
    layout["partition"].push_back({column, iceberg::TransformName(transform)});
  for (const iceberg::SortColumn& one : spec.sort)
    layout["sort"].push_back({one.column, one.descending ? "desc" : "asc",
                              one.nulls_first ? (*one.nulls_first ? "nulls first" : "nulls last") : ""});
  return layout.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Status EvolveMetadata(TableMetadata& metadata, const WantedTable& wanted, const Evolution& evolution) {
  const std::string layout = LayoutOf(wanted.spec);
  if (metadata.Property(kLayoutProperty, "") == layout && !evolution.resets_layout) {
    INGOT_ASSIGN(auto schema, EvolvedSchema(metadata, wanted, evolution));
    SetRenamedSchema(metadata, std::move(schema));
    return {};
  }
  metadata.properties[kLayoutProperty] = layout;
  // Only `ingot table evolve` raises the format: other engines may not read it. It comes first, because new columns may
  // need it.
  for (const auto& [key, value] : wanted.spec.properties) {
    if (key != iceberg::kFormatVersion)
      metadata.properties[key] = value;
    else if (evolution.resets_layout)
      INGOT_TRY(iceberg::UpgradeFormat(metadata, std::atoi(value.c_str())));
  }
  INGOT_ASSIGN(auto schema, EvolvedSchema(metadata, wanted, evolution));
  SetRenamedSchema(metadata, std::move(schema));
  if (!wanted.spec.sort.empty()) INGOT_TRY(iceberg::SetSortOrder(metadata, wanted.spec.sort));
  return iceberg::SetPartition(metadata, wanted.spec.partition);
}

Result<iceberg::Table> EvolveTable(const Environment& environment, const WantedTable& wanted) {
  INGOT_TRY(EnsureTable(environment, wanted));
  INGOT_ASSIGN(const iceberg::TableHome home, environment.Home(wanted.spec.table));
  return iceberg::CommitMetadata(
      home, [&](TableMetadata& metadata) { return EvolveMetadata(metadata, wanted, {.resets_layout = true}); });
}

void SetDefinition(iceberg::Properties& properties, const Environment& environment, const std::string& definition) {
  const std::string removed =
      pipeline::RemovedFields(properties[kRemovedFieldsProperty], properties[kDefinitionProperty], definition,
                              pipeline::Renames(*environment.pipeline));
  if (removed.empty())
    properties.erase(kRemovedFieldsProperty);
  else
    properties[kRemovedFieldsProperty] = removed;
  properties[kDefinitionProperty] = definition;
  properties[kPipelineProperty] = environment.pipeline->name;
}

Result<iceberg::Table> CommitDefinition(const Environment& environment, const WantedTable& wanted,
                                        const Evolution& evolution, const std::string& before,
                                        iceberg::Properties summary) {
  INGOT_ASSIGN(const iceberg::TableHome home, environment.Home(wanted.spec.table));
  summary[kRunIdKey] = environment.run_id;
  summary[kDefinitionKey] = pipeline::DefinitionId(wanted.definition);
  iceberg::SnapshotChange change{.summary = std::move(summary)};
  change.validate = [&](const TableMetadata& metadata) -> Status {
    if (DefinitionIn(metadata) == before) return {};
    return Fail(ErrorKind::kConflict, "another run was first: table " + home.name.Text() + " has another definition");
  };
  change.metadata_change = [&](TableMetadata& metadata) -> Status {
    INGOT_TRY(EvolveMetadata(metadata, wanted, evolution));
    SetDefinition(metadata.properties, environment, wanted.definition);
    return {};
  };
  return iceberg::CommitFiles(home, change);
}

}  // namespace ingot::stage
