// All tables of a pipeline: the kind of each table, and the table that it reads.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {

/// All pipelines of a warehouse write the same ops tables.
enum class TableKind { kBronze, kSilver, kQuarantine, kGold, kOps };

/// Tables to which a stage commits with a report. The report of silver includes quarantine.
inline constexpr TableKind kReportedKinds[] = {TableKind::kBronze, TableKind::kSilver, TableKind::kGold};

/// The name of the kind: its key in the pipeline file.
std::string_view TableKindName(TableKind kind);

struct PipelineTable {
  TableKind kind = TableKind::kBronze;
  size_t item = 0;                    // index among the tables of its kind
  const TableSpec* spec = nullptr;    // in the pipeline
  const TableSpec* source = nullptr;  // the table that it is computed from; nullptr for bronze and ops
};

/// The tables in the order of the data flow, then the ops tables. A pipeline without a file has only ops tables.
std::vector<PipelineTable> TablesOf(const Pipeline& pipeline);
std::vector<PipelineTable> TablesOf(const Pipeline& pipeline, std::span<const TableKind> kinds);

/// The schema of a table. Input: not an ops table.
iceberg::Schema SchemaOf(const Pipeline& pipeline, const PipelineTable& table);

/// ops.runs has one row per run of a stage. ops.quality has one row per rule and run. ops.changes has one row per
/// applied change of a table.
const TableSpec& OpsRuns();
const TableSpec& OpsQuality();
const TableSpec& OpsChanges();

/// Renames every table except the ops tables.
void RenameTables(Pipeline& pipeline, const std::function<void(std::string&)>& rename);

}  // namespace ingot::pipeline
