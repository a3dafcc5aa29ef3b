// Runs stages on another engine: the same plan, compiled to its SQL, on the same tables, with the same marks.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"
#include "run/run.h"

namespace ingot::run {

struct EngineOptions {
  pipeline::Dialect engine = pipeline::Dialect::kEmbedded;
  std::string spark_master = "local[*]";        // in the format of spark-submit
  std::string trino = "http://localhost:8083";  // URL of the coordinator
  std::string source;                           // a URI, for bronze
  bool trust_clock = false;
};

/// Creates missing tables, runs the stages in order on the engine, then writes the ledger. Errors: kUnsupported for a
/// stage that the engine cannot run; kNotFound when its program is missing; those of the engine.
Result<RunReport> RunOnEngine(const OpenOptions& open_options, stage::Environment environment,
                              const std::vector<stage::Stage>& stages, const EngineOptions& options);

}  // namespace ingot::run
