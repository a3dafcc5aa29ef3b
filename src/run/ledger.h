// ops.runs and ops.quality: made from what the snapshots of the other tables say, so that a crash between a stage's
// commit and the ledger loses nothing: the next run writes the missing rows.
#pragma once

#include "stage/stage.h"

namespace ingot::run {

/// Appends a row per stage run, and per rule and run, that the ledger does not have yet. Does nothing when there is
/// none.
Status WriteLedger(const stage::Environment& environment);

}  // namespace ingot::run
