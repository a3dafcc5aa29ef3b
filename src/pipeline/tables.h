// All tables of a pipeline: what each of them is, and which table it reads.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// Ops tables are written by every pipeline of a warehouse.
enum class TableKind { kBronze, kSilver, kQuarantine, kGold, kOps };

/// Those to which a stage commits with a report; quarantine is told of by that of silver.
inline constexpr TableKind kReportedKinds[] = {TableKind::kBronze, TableKind::kSilver, TableKind::kGold};

/// Of a table in words: as its key in the pipeline file.
std::string_view TableKindName(TableKind kind);

struct PipelineTable {
  TableKind kind = TableKind::kBronze;
  size_t item = 0;                    // among those of its kind
  const TableSpec* spec = nullptr;    // of the pipeline
  const TableSpec* source = nullptr;  // the table that it is computed from; none: bronze, ops
};

/// In the order of the data, then the ops tables. A pipeline without a file has only these.
std::vector<PipelineTable> TablesOf(const Pipeline& pipeline);
std::vector<PipelineTable> TablesOf(const Pipeline& pipeline, std::span<const TableKind> kinds);

/// The columns of a table that is not an ops table.
iceberg::Schema SchemaOf(const Pipeline& pipeline, const PipelineTable& table);

/// ops.runs: a row for each run of a stage; ops.quality: for each rule and run.
const TableSpec& OpsRuns();
const TableSpec& OpsQuality();

/// Changes the name of each table but the ops tables.
void RenameTables(Pipeline& pipeline, const std::function<void(std::string&)>& rename);

}  // namespace ingot::pipeline
