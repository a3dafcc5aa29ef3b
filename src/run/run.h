// One run of the pipeline: the stages in order, then the ledger, then the verdict on quality.
#pragma once

#include <string>
#include <vector>

#include "pipeline/stage.h"

namespace ingot::run {

struct RunOptions {
  std::vector<std::string> stages = {"bronze", "silver", "gold"};
};

struct RunReport {
  std::vector<pipeline::StageReport> stages;
  std::vector<std::string> broken_rules;  // those beyond their fail_above, in words
};

/// Errors: the first stage that failed; what was committed before stays and the next run goes on from there.
Result<RunReport> RunPipeline(pipeline::StageContext context, const RunOptions& options);

}  // namespace ingot::run
