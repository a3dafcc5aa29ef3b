// The tables ops.runs and ops.quality. They are derived from the snapshots of the other tables. A crash between a
// stage's commit and the ledger loses nothing: the next run writes the missing rows.
#pragma once

#include "stage/stage.h"

namespace ingot::run {

/// Appends the missing rows: one per stage run, and one per rule and run. Does nothing without a ledger.
Status WriteLedger(const stage::Environment& environment);

}  // namespace ingot::run
