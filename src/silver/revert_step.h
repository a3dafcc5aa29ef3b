// Reverts the first commit of a step whose second commit is missing and cannot be made, because another pipeline file
// or program version would compute it differently.
#pragma once

#include "silver/step.h"

namespace ingot::silver {

/// First, silver gets an empty snapshot that names the step, so that the run that began it cannot complete it any more.
/// Second, one commit deletes the step's rows from quarantine and resets quarantine's mark to that of silver. The rows
/// are found by run and position, even after compaction. After a crash between the two, the next run does the second;
/// concurrent runs do each once.
/// Input: a step of NextStep with `revert`.
/// Errors: kConflict when another run was first: reload the tables.
Status RevertStep(const stage::Environment& environment, const Tables& tables, const Step& step);

}  // namespace ingot::silver
