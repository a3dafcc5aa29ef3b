// The second stage: new rows of bronze judged by the rules, duplicates dropped, the rest to silver and quarantine.
// Protocol (docs/formats/snapshot-summary.md): both tables carry the bronze snapshot they have consumed, and what
// computed them. Quarantine commits first; after a crash between the two the step is completed or taken back (step.h).
#pragma once

#include <functional>

#include "stage/stage.h"

namespace ingot::silver {

struct SilverOptions {
  int64_t rows_per_commit = 8'000'000;  // of bronze; a snapshot of bronze with more is not divided
};

/// `progress` is told of bronze rows as they are done.
Result<stage::StageReport> RunSilver(const stage::Environment& environment, const SilverOptions& options,
                                     const std::function<void(int64_t)>& progress);

/// Brings silver and quarantine together for an engine that cannot take back an interrupted step: takes back one of
/// another definition. Errors: those of NextStep; kUnsupported where bronze was rewritten, which needs RunSilver.
Status PrepareForEngine(const stage::Environment& environment);

}  // namespace ingot::silver
