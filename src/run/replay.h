// `ingot replay`: quarantined rows through today's rules, exactly once (silver/replay.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/open.h"
#include "silver/replay.h"

namespace ingot::run {

/// Which quarantined rows are replayed: those that meet all of the conditions.
struct ReplayOptions {
  std::vector<std::string> rules;                 // that the row broke, one of them; empty: any
  std::vector<std::string> runs;                  // that quarantined the row, by id, one of them; empty: any
  std::string where;                              // a condition on quarantine's columns; empty: none
  std::optional<int64_t> from_micros, to_micros;  // of the ingestion, half-open
  bool dry_run = false;
};

struct ReplayReport {
  std::string silver, quarantine;
  silver::Replayed rows;
};

/// Replays each silver table of the pipeline. Before, changes of the pipeline file that need no choice are applied, as
/// by a run. Gold follows at the next run.
/// Errors: kPendingChange if the tables of bronze or silver differ from the pipeline file; kBadConfig for a rule that
///         neither the file nor quarantine has, or for a condition that does not fit; those of silver::Replay.
Result<std::vector<ReplayReport>> Replay(const OpenedPipeline& open, const ReplayOptions& options);

/// The outcome in one line: "silver.shop: 10 quarantined rows: 7 moved, 1 duplicate, 2 remain (positive 2)".
std::string ToText(const ReplayReport& report, bool dry_run);

}  // namespace ingot::run
