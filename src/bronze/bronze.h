// The first stage: from the source to the bronze table, every record once.
// Protocol (docs/formats/snapshot-summary.md):
//   read positions P of the table; read records from P; write files; commit, and in the compare-and-swap check that
//   each partition is still where its batch began; what lost begins again from the new positions.
#pragma once

#include <functional>

#include "pipeline/stage.h"

namespace ingot::bronze {

/// `progress` is told of records as they are read. Errors: see the source; kConflict when other writers kept winning.
Result<pipeline::StageReport> RunBronze(const pipeline::StageContext& context,
                                        const std::function<void(int64_t)>& progress);

}  // namespace ingot::bronze
