// Silver and gold computed by Trino, committed by Ingot.
#pragma once

#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::run {

/// Runs silver and gold. Trino inserts the rows of a stage into a table that is made for them, beside the one they are
/// meant for; Ingot then takes that table's files over into the real one, in one commit with the marks of the stage,
/// and with the checks of every other commit: Trino's INSERT has no such marks, and would double rows when it is
/// repeated. Errors: kUnsupported for bronze; kConflict when another run was first each time; those of Trino.
Result<std::vector<stage::StageReport>> RunOnTrino(const stage::Environment& environment,
                                                   const std::vector<stage::Stage>& stages, const std::string& url);

}  // namespace ingot::run
