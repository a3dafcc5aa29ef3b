// The tables ops.runs and ops.quality. They are derived from the snapshots of the other tables. A crash between a
// stage's commit and the ledger loses nothing: the next run writes the missing rows.
#pragma once

#include "stage/stage.h"

namespace ingot::run {

/// Appends the missing rows: one per stage run, and one per rule and run. Does nothing without a ledger.
Status WriteLedger(const stage::Environment& environment);

/// Appends to ops.quality what a gate holds back, which no snapshot has: a row per rule, with samples.
Status WriteHeld(const stage::Environment& environment, const stage::HeldRows& held);

/// What gates last held back from a silver table, as text; "" if it was published meanwhile.
Result<std::string> HeldBack(const stage::Environment& environment, const pipeline::SilverSpec& silver);

}  // namespace ingot::run
