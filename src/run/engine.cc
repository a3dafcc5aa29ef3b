#include "run/engine.h"

#include "base/random.h"
#include "run/clock.h"
#include "run/ledger.h"
#include "run/spark.h"
#include "run/trino.h"

namespace ingot::run {
namespace {

Result<std::vector<stage::StageReport>> RunStage(const OpenOptions& open_options, const stage::Environment& environment,
                                                 stage::Stage stage, const EngineOptions& options,
                                                 std::optional<iceberg::SnapshotId> until) {
  switch (options.engine) {
    case pipeline::Dialect::kSpark:
      return RunOnSpark(open_options, environment, stage,
                        {.master = options.spark_master, .source = options.source, .silver_until = until});
    case pipeline::Dialect::kTrino:
      return RunOnTrino(environment, stage, {.url = options.trino, .silver_until = until});
    case pipeline::Dialect::kEmbedded:
      break;
  }
  return Fail(ErrorKind::kInternal, "the embedded engine has no server to run on");
}

/// Runs the stages in order. Ingot judges the gates itself, before the engine computes silver.
Status RunStages(const OpenOptions& open_options, const stage::Environment& environment,
                 const std::vector<stage::Stage>& stages, const EngineOptions& options, RunReport& report) {
  for (const stage::Stage stage : stages) {
    silver::Silver::JudgedRows judged;
    if (stage == stage::Stage::kSilver) {
      INGOT_ASSIGN(judged, silver::Silver({.gates = {.judges_first = true}}).JudgeForEngine(environment));
    }
    if (!judged.held.empty()) {
      auto held = stage::BeginReport(stage, judged.held.front().table, environment.run_id);
      held.finished_at_micros = held.started_at_micros;
      for (const stage::HeldRows& rows : judged.held) INGOT_TRY(WriteHeld(environment, rows));
      held.held = std::move(judged.held);
      report.Add(*environment.pipeline, std::move(held));
      continue;
    }
    INGOT_ASSIGN(auto done, RunStage(open_options, environment, stage, options, judged.until));
    for (auto& one : done) report.Add(*environment.pipeline, std::move(one));
  }
  return {};
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
  RunReport report;
  const Status outcome = RunStages(open_options, environment, stages, options, report);
  WarningWatch warnings;
  if (outcome) warnings.Judge(environment, report.stages, {}, true);
  report.warnings = warnings.Current();
  // The ledger records what the stages committed, even when a later stage failed.
  Status ledger = WriteLedger(environment);
  if (ledger) ledger = WriteWarnings(environment, warnings.Unwritten());
  INGOT_TRY(outcome);
  INGOT_TRY(ledger);
  return report;
}

}  // namespace ingot::run
