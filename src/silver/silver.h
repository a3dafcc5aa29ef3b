// The second stage: new rows of bronze judged by the rules, duplicates dropped, the rest to silver and quarantine.
// Protocol (docs/formats/snapshot-summary.md): both tables carry the bronze snapshot they have consumed. Quarantine
// commits first; after a crash between the two, silver alone catches up to where quarantine is.
#pragma once

#include <functional>

#include "pipeline/stage.h"

namespace ingot::silver {

/// `progress` is told of bronze rows as they are done.
Result<pipeline::StageReport> RunSilver(const pipeline::StageContext& context,
                                        const std::function<void(int64_t)>& progress);

}  // namespace ingot::silver
