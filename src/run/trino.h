// Silver and gold computed by Trino, committed by Ingot.
#pragma once

#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::run {

/// Runs silver and gold. Trino inserts the rows of a stage into a staging table next to the target. Ingot then adds
/// that table's files to the target in one commit with the marks of the stage, and with all checks of a commit.
/// Trino's INSERT has no such marks, and would duplicate rows when repeated. Errors: kUnsupported for bronze;
/// kConflict when another run committed first in every attempt; those of Trino.
Result<std::vector<stage::StageReport>> RunOnTrino(const stage::Environment& environment,
                                                   const std::vector<stage::Stage>& stages, const std::string& url);

}  // namespace ingot::run
