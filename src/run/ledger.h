// The tables ops.runs and ops.quality. They are derived from the snapshots of the other tables. A crash between a
// stage's commit and the ledger loses nothing: the next run writes the missing rows.
#pragma once

#include "run/warnings.h"
#include "stage/stage.h"

namespace ingot::run {

/// Appends the missing rows: one per stage run, and one per rule and run. Does nothing without a ledger.
Status WriteLedger(const stage::Environment& environment);

/// Appends to ops.quality what a gate holds back, which no snapshot has: a row per rule, with samples.
Status WriteHeld(const stage::Environment& environment, const stage::HeldRows& held);

/// What gates last held back from a silver table, as text; "" if it was published meanwhile.
Result<std::string> HeldBack(const stage::Environment& environment, const pipeline::SilverSpec& silver);
/// Appends the warnings to ops.quality, without a rule so that sums over rules stay right, and clears them. A crash
/// before that loses the rows, not the messages in the log.
Status WriteWarnings(const stage::Environment& environment, std::vector<RaisedWarning>& warnings);

}  // namespace ingot::run
