// Finds silver's next step from the marks of its two tables.
// A step has two commits with the new mark: quarantine, then silver. If only one exists, the other is computed by the
// same definition, or the first is reverted (revert_step.h). Source: docs/formats/snapshot-summary.md.
#pragma once

#include <string>

#include "stage/changes.h"
#include "stage/stage.h"

namespace ingot::silver {

struct Tables {
  const pipeline::SilverSpec* spec = nullptr;
  std::string definition;  // of silver and of quarantine, by the pipeline file
  iceberg::Table bronze, silver, quarantine;

  /// Reloads silver and quarantine as of one moment. Bronze is last: it must have every snapshot that the other two
  /// have consumed.
  Status Reload();
};

/// The tables that the step writes; the other table already has the rows.
struct Outputs {
  bool silver = true, quarantine = true;
};

struct Step {
  stage::Changes changes;  // of bronze
  Outputs outputs;         // the missing outputs
  stage::Mark mark;        // the mark of the commits; it says whether deletes are followed
  std::string definition;  // what computes the rows
  bool revert = false;     // revert quarantine: another definition computed the part ahead of silver
  bool last = true;        // no row is left after it

  bool Interrupted() const { return !outputs.silver || !outputs.quarantine; }
  bool NothingToDo() const { return changes.Empty() && !Interrupted() && !revert; }
};

struct StepOptions {
  int64_t rows_max = 0;                        // of one step, or one larger snapshot of bronze
  std::optional<iceberg::SnapshotId> until{};  // of bronze, the last that a new step consumes; default: the current one
};

/// Returns the next step.
/// Errors: kCorrupt when bronze is not what was consumed. kCorrupt when the two tables cannot be brought to the same
///   snapshot: one was rolled back or recreated, and another definition computed the difference.
Result<Step> NextStep(const stage::Environment& environment, const Tables& tables, const StepOptions& options);

/// Whether a table with this mark has consumed the snapshot of bronze.
bool HasConsumed(const iceberg::TableMetadata& bronze, const stage::Mark& mark,
                 std::optional<iceberg::SnapshotId> snapshot);

/// Returns the name of a step in silver's kRevertedKey, also for steps of earlier versions.
std::string TokenOf(const stage::Mark& mark);

}  // namespace ingot::silver
