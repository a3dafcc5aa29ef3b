#include "stage/position_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "iceberg/schema_change.h"
#include "pipeline/source_position.h"

namespace ingot::stage {
namespace {

using iceberg::Schema;
using pipeline::kRenamedColumns;

bool AllNamed(const Schema& schema) {
  return std::ranges::all_of(kRenamedColumns,
                             [&](const auto& column) { return schema.FindByName(column.now) != nullptr; });
}

/// Renames the columns in `metadata`. Output: whether a column was renamed.
Result<bool> Rename(iceberg::TableMetadata& metadata, const Schema& wanted) {
  INGOT_ASSIGN(Schema renamed, RenamePositionColumns(metadata.CurrentSchema(), wanted));
  if (renamed.SameFields(metadata.CurrentSchema())) return false;
  SetRenamedSchema(metadata, std::move(renamed));
  return true;
}

}  // namespace

Result<Schema> RenamePositionColumns(const Schema& schema, const Schema& wanted) {
  if (AllNamed(schema)) return schema;
  iceberg::SchemaChange change(schema, schema.HighestFieldId());
  for (const auto& [before, now] : kRenamedColumns) {
    if (wanted.FindByName(now) == nullptr || schema.FindByName(before) == nullptr) continue;
    if (schema.FindByName(now) != nullptr)
      return Fail(ErrorKind::kBadInput,
                  fmt::format("column {1} exists, but is not the one that was called {0} by earlier versions of Ingot: "
                              "rename it (in Spark: ALTER TABLE … RENAME COLUMN {1} TO another name) and run again",
                              before, now));
    change.Rename(before, now);
  }
  return change.Finish();
}

void SetRenamedSchema(iceberg::TableMetadata& metadata, Schema schema) {
  const bool renamed = schema.FindByName(pipeline::kSource) != nullptr;
  iceberg::Properties properties;
  for (const auto& [key, value] : metadata.properties)
    properties.insert_or_assign(renamed ? pipeline::CurrentPropertyName(key) : key, value);
  metadata.properties = std::move(properties);
  iceberg::SetCurrentSchema(metadata, std::move(schema));
}

void ReportRenamed(const iceberg::Table& before, const iceberg::Table& after) {
  const Schema& schema = before.metadata->CurrentSchema();
  std::string columns;
  for (const auto& [old, now] : kRenamedColumns) {
    const iceberg::Field* field = schema.FindByName(old);
    const iceberg::Field* renamed = field == nullptr ? nullptr : after.metadata->CurrentSchema().FindById(field->id);
    if (renamed != nullptr && renamed->name == now)
      columns += fmt::format("{}{} to {}", columns.empty() ? "" : ", ", old, now);
  }
  if (!columns.empty())
    LogWarning(fmt::format("table {}: renamed columns {}; only metadata changed", after.home.name.Text(), columns));
}

Result<iceberg::Table> EnsurePositionColumns(iceberg::Table table, const Schema& wanted) {
  INGOT_ASSIGN(const Schema renamed, RenamePositionColumns(table.metadata->CurrentSchema(), wanted));
  if (renamed.SameFields(table.metadata->CurrentSchema())) return table;
  INGOT_ASSIGN(auto after, iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& metadata) -> Status {
                 INGOT_TRY(Rename(metadata, wanted));
                 return {};
               }));
  ReportRenamed(table, after);
  return after;
}

Result<iceberg::Table> WithPositionColumns(iceberg::Table table, const Schema& wanted) {
  auto metadata = std::make_shared<iceberg::TableMetadata>(*table.metadata);
  INGOT_ASSIGN(const bool changed, Rename(*metadata, wanted));
  if (changed) table.metadata = std::move(metadata);
  return table;
}

}  // namespace ingot::stage
