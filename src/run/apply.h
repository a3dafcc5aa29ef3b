// Brings the tables to the pipeline file: `ingot apply`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/plan.h"
#include "stage/days.h"

namespace ingot::run {

/// What happens to existing rows that would differ.
enum class Existing {
  kUndecided,   // kPendingChange if there are any
  kRebuild,     // they are recomputed
  kForwardOnly  // they stay; the new definition holds for what is computed from now on
};

struct ApplyOptions {
  Existing existing = Existing::kUndecided;
  /// With kRebuild: only rows of these days are recomputed, the others stay as with kForwardOnly.
  std::optional<stage::DaySpan> days;
  bool drop_columns = false;  // columns that the pipeline file no longer has
};

/// Applies the plan table by table, in the order of the data flow. Each table changes in one commit; quarantine before
/// silver. An interrupted apply continues when it is called again. `done` gets one line per table.
/// Errors: kPendingChange if a decision is missing; kBadConfig, before anything changes, for a change that
/// the choice does not allow; kConflict
/// when other writers win repeatedly.
Status ApplyPlan(const stage::Environment& environment, const ApplyOptions& options,
                 const std::function<void(const std::string& line)>& done);

/// Applies to the tables of these stages what needs no choice, and adopts definitions; one log line per difference.
/// Errors: kPendingChange if a decision is missing in one of them, before anything changes.
Status ApplyWithoutChoice(const stage::Environment& environment, std::span<const stage::Stage> stages);

/// The same for a follower. It continues with bronze while a decision is missing only for silver or gold; their tables
/// report it each round. Errors: kPendingChange if a decision is missing for bronze.
Status ApplyBeforeFollowing(const stage::Environment& environment, std::span<const stage::Stage> stages);

}  // namespace ingot::run
