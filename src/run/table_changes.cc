#include "run/table_changes.h"

#include <array>

#include "base/utf8.h"
#include "iceberg/table.h"
#include "pipeline/tables.h"
#include "run/apply.h"
#include "stage/evolve.h"

namespace ingot::run {

Result<iceberg::TableHome> TableHomeOf(const OpenOptions& open_options, const std::string& table) {
  INGOT_ASSIGN(const auto house, OpenLakehouse(open_options));
  INGOT_ASSIGN(auto name, iceberg::ParseTableName(table, house.catalog->Name()));
  return iceberg::TableHome{house.catalog, house.storage, std::move(name)};
}

Result<iceberg::SnapshotId> SetRef(const iceberg::TableHome& home, const std::string& name, const std::string& type,
                                   iceberg::SnapshotId snapshot) {
  if (!IsUtf8(name)) return Fail(ErrorKind::kBadConfig, "the name of a " + type + " must be UTF-8");
  const auto change = [&](iceberg::TableMetadata& metadata) -> Status {
    if (snapshot == 0 && !metadata.current_snapshot_id)
      return Fail(ErrorKind::kNotFound, "table " + home.name.Text() + " has no snapshot yet");
    return iceberg::SetRef(metadata, name,
                           {.snapshot_id = snapshot != 0 ? snapshot : *metadata.current_snapshot_id, .type = type});
  };
  INGOT_ASSIGN(const auto table, iceberg::CommitMetadata(home, change));
  return table.metadata->refs.at(name).snapshot_id;
}

Status DropRef(const iceberg::TableHome& home, const std::string& name) {
  INGOT_TRY(iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) -> Status {
    if (name == "main") return Fail(ErrorKind::kBadInput, "the main branch cannot be dropped");
    if (metadata.refs.erase(name) > 0) return {};
    return Fail(ErrorKind::kNotFound, "table " + home.name.Text() + " has no branch or tag '" + name + "'");
  }));
  return {};
}

Status Rollback(const iceberg::TableHome& home, iceberg::SnapshotId snapshot) {
  INGOT_TRY(iceberg::CommitMetadata(
      home, [&](iceberg::TableMetadata& metadata) { return iceberg::RollbackTo(metadata, snapshot); }));
  return {};
}

Result<int> UpgradeFormat(const iceberg::TableHome& home, int format) {
  INGOT_ASSIGN(const auto table, iceberg::CommitMetadata(home, [&](iceberg::TableMetadata& metadata) {
                 return iceberg::UpgradeFormat(metadata, format);
               }));
  return table.metadata->format_version;
}

Result<iceberg::Table> EvolveTable(const OpenedPipeline& open, const std::string& table) {
  const pipeline::Pipeline& pipeline = *open.pipeline;
  INGOT_ASSIGN(const auto home, open.environment.Home(table));
  for (const auto& each : TablesOf(pipeline)) {
    INGOT_ASSIGN(const auto candidate, open.environment.Home(each.spec->table));
    if (each.kind == pipeline::TableKind::kOps || candidate.name != home.name) continue;
    INGOT_TRY(ApplyWithoutChoice(open.environment, std::array{StageOf(each.kind)}));
    return stage::EvolveTable(open.environment, stage::Wanted(pipeline, each));
  }
  return Fail(ErrorKind::kBadInput, "table " + table + " is not one of the pipeline file " + pipeline.file);
}

}  // namespace ingot::run
