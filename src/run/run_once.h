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

/// Errors: kPendingChange that names the tables that were not computed; kBadInput that names the files that were not
/// read. All others were.
Status CheckComplete(const RunReport& report);

}  // namespace ingot::run
