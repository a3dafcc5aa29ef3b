// Taking back the first half of a step whose second half never came, and never will: another pipeline file, or another
// version of the program, would compute it otherwise.
#pragma once

#include "silver/step.h"

namespace ingot::silver {

/// 1. Silver gets an empty snapshot that names the step: who began it cannot complete it any more. 2. Its rows leave
/// quarantine, by run and position, wherever compaction has put them; in the same commit quarantine's mark goes back to
/// where silver is. Killed between the two, the next run does 2; several at once do each once.
/// Input: a step of NextStep with `take_back`. Errors: kConflict when another run was first: reload.
Status TakeBack(const stage::Environment& environment, const Tables& tables, const Step& step);

}  // namespace ingot::silver
