// What silver has to do next, from the marks of its two tables. A step has two commits: quarantine, then silver, both
// with the new mark. Where only one is there, the other is computed by the same definition, or the first is taken back
// (take_back.h). Source: docs/formats/snapshot-summary.md.
#pragma once

#include <string>

#include "stage/changes.h"
#include "stage/stage.h"

namespace ingot::silver {

struct Tables {
  const pipeline::SilverSpec* spec = nullptr;
  iceberg::Table bronze, silver, quarantine;

  /// Silver and quarantine as they were at one time. Bronze last: it must hold every snapshot that the other two say
  /// they have consumed.
  Status Reload();
};

/// What is to be written of the two tables; the other has it already.
struct Outputs {
  bool silver = true, quarantine = true;
};

struct Step {
  stage::Changes changes;  // of bronze
  Outputs outputs;         // that are missing
  stage::Mark mark;        // that the commits will carry
  bool take_back = false;  // of quarantine: another definition computed what is ahead of silver

  bool NothingToDo() const { return changes.Empty() && outputs.silver && outputs.quarantine && !take_back; }
};

/// At most `rows_max` rows, but for a single snapshot with more. Errors: kCorrupt where the two tables cannot be
/// brought together: one was rolled back or made anew, and what is left was computed by another definition; or where
/// bronze is not what was consumed.
Result<Step> NextStep(const stage::Environment& environment, const Tables& tables, int64_t rows_max);

/// The name of a step in silver's kTakenBackKey; of steps of earlier versions, too.
std::string TokenOf(const stage::Mark& mark);

}  // namespace ingot::silver
