// Stages on another engine: the same plan, compiled to its SQL, on the same tables, with the same marks.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"
#include "run/run.h"

namespace ingot::run {

struct EngineOptions {
  std::string engine = stage::kEmbedded;        // or spark, trino
  std::string spark_master = "local[*]";        // as spark-submit takes it
  std::string trino = "http://localhost:8083";  // of the coordinator
  std::string source;                           // a URI, of bronze
  bool trust_clock = false;
};

/// Runs the stages in order on the engine, then writes the ledger. Tables that do not exist are made first. Errors:
/// kUnsupported for a stage that the engine cannot do; kNotFound when its program is not there; those of the engine.
Result<RunReport> RunOnEngine(const OpenOptions& open_options, stage::Environment environment,
                              const std::vector<stage::Stage>& stages, const EngineOptions& options);

}  // namespace ingot::run
