// The differences between the pipeline file and the tables, and what it takes to bring the tables to the file.
// Source: docs/changing-a-pipeline.md.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bronze/rebuild.h"
#include "pipeline/difference.h"
#include "pipeline/tables.h"
#include "run/open.h"
#include "stage/evolve.h"
#include "stage/stages.h"

namespace ingot::run {

/// What a table needs.
enum class Need {
  kCreate,  // it does not exist: the next run creates it and computes all of its rows
  kNothing,
  kApply,  // only differences that need no choice: the next run applies them
  kAdopt,  // no definition (of an earlier version, or rolled back): adopts the current one if a recomputed sample
           // agrees
  kChoice  // existing rows would differ: `ingot apply`
};

struct TablePlan {
  pipeline::PipelineTable table;
  std::string name;
  Need need = Need::kNothing;
  std::optional<iceberg::Table> current;  // the table as it was read
  std::string have, want;                 // definitions
  std::vector<pipeline::Difference> differences;
  std::vector<std::string> layout;      // changes of columns, partition, sort order and properties, as text
  std::vector<std::string> dependents;  // tables that are computed from this one
  int64_t rows = 0, bytes = 0;          // of its source: what a rebuild reads
  bool sample_agrees = false;           // of a table without a definition: what can be computed again is the same
  double rebuild_seconds = 0;           // estimate
  bronze::UnfitRows unfit;              // of bronze, if CountUnfit was called
};

struct PipelinePlan {
  std::vector<TablePlan> tables;       // in the order of the data flow
  std::vector<std::string> proposals;  // what the user may want to do; nothing of it is pending

  /// Whether a decision is missing in a table of these stages. Quarantine belongs to silver.
  bool Pending(std::span<const stage::Stage> stages = stage::kStages) const;
};

/// Compares the tables with the pipeline file. Reads metadata, and for some differences one column of bronze. Writes
/// nothing. Errors: kCorrupt for a stored definition that cannot be read; those of the catalog.
Result<PipelinePlan> MakePlan(const stage::Environment& environment);

/// Counts the rows of bronze that a rebuild would send to quarantine, because a value does not fit by the new file.
/// Cost: reads all of bronze, if it waits for a decision.
Status CountUnfit(const stage::Environment& environment, PipelinePlan& plan);

/// Adds a proposal for each table of this pipeline that the file no longer names.
Status ProposeRemovals(const stage::Environment& environment, PipelinePlan& plan);

/// The stage that writes a table.
stage::Stage StageOf(pipeline::TableKind kind);

/// How a table's columns change with the differences of its plan.
stage::Evolution EvolutionOf(const pipeline::Pipeline& pipeline);

/// One line per difference: "silver.shop: rule small: added: …".
std::vector<std::string> LinesOf(const TablePlan& table);

/// The error of a command that needs the missing decisions: kPendingChange with one line per difference and what to do.
Error PendingError(const PipelinePlan& plan, std::span<const stage::Stage> stages);

}  // namespace ingot::run
