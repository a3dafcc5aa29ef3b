// Silver and gold computed by Trino, committed by Ingot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::run {

struct TrinoOptions {
  std::string url;                                    // of the coordinator
  std::optional<iceberg::SnapshotId> silver_until{};  // of bronze, the last that silver consumes; default: the current
};

/// Runs silver and gold. Trino inserts the rows of a stage into a staging table next to the target. Ingot then adds
/// that table's files to the target in one commit with the marks of the stage, and with all checks of a commit.
/// Trino's INSERT has no such marks, and would duplicate rows when repeated. Errors: kUnsupported for bronze;
/// kConflict when another run committed first in every attempt; those of Trino.
Result<std::vector<stage::StageReport>> RunOnTrino(const stage::Environment& environment, stage::Stage stage,
                                                   const TrinoOptions& options);

}  // namespace ingot::run
