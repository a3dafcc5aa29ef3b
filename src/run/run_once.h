// One finite run through the stages, by the embedded engine or another, with its metrics.
#pragma once

#include <string>
#include <vector>

#include "run/engine.h"
#include "run/open.h"
#include "run/run.h"

namespace ingot::run {

struct RunOnceOptions {
  std::vector<stage::Stage> stages;
  RunOptions run;            // of the embedded engine
  EngineOptions engine;      // which engine, and its address
  std::string push_metrics;  // URL of a Pushgateway; metrics are pushed even when the run failed
};

Result<RunReport> RunOnce(const OpenOptions& open_options, const OpenedPipeline& open, const RunOnceOptions& options);

/// Errors: kBadInput that names the files that were not read. All other files were read.
Status CheckAllInputsRead(const RunReport& report);

}  // namespace ingot::run
