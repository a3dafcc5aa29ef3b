#include "run/engine.h"

#include "base/random.h"
#include "run/clock.h"
#include "run/ledger.h"
#include "run/spark.h"
#include "run/trino.h"

namespace ingot::run {
namespace {

Result<std::vector<stage::StageReport>> RunStages(const OpenOptions& open_options,
                                                  const stage::Environment& environment,
                                                  const std::vector<stage::Stage>& stages,
                                                  const EngineOptions& options) {
  switch (options.engine) {
    case pipeline::Dialect::kSpark:
      return RunOnSpark(open_options, environment, stages, {.master = options.spark_master, .source = options.source});
    case pipeline::Dialect::kTrino:
      return RunOnTrino(environment, stages, options.trino);
    case pipeline::Dialect::kEmbedded:
      break;
  }
  return Fail(ErrorKind::kInternal, "the embedded engine has no server to run on");
}

}  // namespace

Result<RunReport> RunOnEngine(const OpenOptions& open_options, stage::Environment environment,
                              const std::vector<stage::Stage>& stages, const EngineOptions& options) {
  INGOT_TRY(CheckClock(environment, {.trusted = options.trust_clock, .source = options.source}));
  environment.run_id = RandomUuid();
  for (const auto& field : environment.pipeline->fields)
    if (field.type.id == iceberg::TypeId::kTimestamptzNs)
      return Fail(ErrorKind::kUnsupported, "field " + field.name + " is timestamptz_ns, which engine " +
                                               std::string(DialectName(options.engine)) +
                                               " does not have: run it with --engine embedded");
  for (const stage::Stage stage : stages) INGOT_TRY(MakeProcessor(stage, {})->EnsureTables(environment));
  for (const stage::Stage stage : stages) INGOT_TRY(MakeProcessor(stage, {})->PrepareForEngine(environment));
  auto reports = RunStages(open_options, environment, stages, options);
  // The ledger records what the stages committed, even when a later stage failed.
  const Status ledger = WriteLedger(environment);
  if (!reports) return std::unexpected(std::move(reports).error());
  INGOT_TRY(ledger);
  RunReport report;
  for (auto& stage : *reports) report.Add(*environment.pipeline, std::move(stage));
  return report;
}

}  // namespace ingot::run
