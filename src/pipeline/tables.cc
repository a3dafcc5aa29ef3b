#include "pipeline/tables.h"

#include <algorithm>

#include "pipeline/plan.h"

namespace ingot::pipeline {
namespace {

TableSpec OpsTable(const char* name) {
  return {.table = name,
          .partition = {{"started_at", {.kind = iceberg::TransformKind::kDay}}},
          .keep_micros = {},
          .properties = {}};
}

/// Calls `visit(kind, item, spec, source)` for each table of the pipeline except the ops tables.
template <typename PipelineType, typename Visit>
void ForEachTable(PipelineType& pipeline, const Visit& visit) {
  visit(TableKind::kBronze, 0, pipeline.bronze, nullptr);
  for (size_t i = 0; i < pipeline.silver.size(); ++i) {
    visit(TableKind::kSilver, i, pipeline.silver[i].table, &pipeline.bronze);
    visit(TableKind::kQuarantine, i, pipeline.silver[i].quarantine, &pipeline.bronze);
  }
  for (size_t i = 0; i < pipeline.gold.size(); ++i)
    visit(TableKind::kGold, i, pipeline.gold[i].table, &pipeline.SourceOf(pipeline.gold[i]).table);
}

}  // namespace

std::string_view TableKindName(TableKind kind) {
  switch (kind) {
    case TableKind::kBronze:
      return "bronze";
    case TableKind::kSilver:
      return "silver";
    case TableKind::kQuarantine:
      return "quarantine";
    case TableKind::kGold:
      return "gold";
    case TableKind::kOps:
      return "ops";
  }
  return "";
}

const TableSpec& OpsRuns() {
  static const TableSpec spec = OpsTable("ops.runs");
  return spec;
}

const TableSpec& OpsQuality() {
  static const TableSpec spec = OpsTable("ops.quality");
  return spec;
}

const TableSpec& OpsChanges() {
  static const TableSpec spec = OpsTable("ops.changes");
  return spec;
}

std::vector<PipelineTable> TablesOf(const Pipeline& pipeline) {
  std::vector<PipelineTable> tables;
  ForEachTable(pipeline, [&](TableKind kind, size_t item, const TableSpec& spec, const TableSpec* source) {
    tables.push_back({kind, item, &spec, source});
  });
  tables.push_back({TableKind::kOps, 0, &OpsRuns(), nullptr});
  tables.push_back({TableKind::kOps, 1, &OpsQuality(), nullptr});
  tables.push_back({TableKind::kOps, 2, &OpsChanges(), nullptr});
  std::erase_if(tables, [](const PipelineTable& table) { return table.spec->table.empty(); });
  return tables;
}

std::vector<PipelineTable> TablesOf(const Pipeline& pipeline, std::span<const TableKind> kinds) {
  auto tables = TablesOf(pipeline);
  std::erase_if(tables,
                [&](const PipelineTable& table) { return std::ranges::find(kinds, table.kind) == kinds.end(); });
  return tables;
}

void RenameTables(Pipeline& pipeline, const std::function<void(std::string&)>& rename) {
  ForEachTable(pipeline, [&](TableKind, size_t, TableSpec& spec, const TableSpec*) { rename(spec.table); });
}

iceberg::Schema SchemaOf(const Pipeline& pipeline, const PipelineTable& table) {
  switch (table.kind) {
    case TableKind::kBronze:
      return BronzeSchema(pipeline);
    case TableKind::kSilver:
      return SilverSchema(pipeline, pipeline.silver[table.item]);
    case TableKind::kQuarantine:
      return QuarantineSchema(pipeline);
    case TableKind::kGold:
      return GoldSchema(pipeline.gold[table.item]);
    case TableKind::kOps:
      return {};
  }
  return {};
}

}  // namespace ingot::pipeline
