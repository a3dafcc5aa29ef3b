#include "run/engine.h"

#include <algorithm>

#include "base/random.h"
#include "pipeline/plan.h"
#include "run/clock.h"
#include "run/ledger.h"
#include "run/spark.h"
#include "run/trino.h"
#include "silver/silver.h"
#include "stage/changes.h"

namespace ingot::run {
namespace {

Status EnsureTables(const stage::Environment& environment) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_TRY(stage::EnsureTable(environment, pipeline.bronze, pipeline::BronzeSchema(pipeline)));
  INGOT_TRY(stage::EnsureTable(environment, pipeline.silver, pipeline::SilverSchema(pipeline)));
  INGOT_TRY(stage::EnsureTable(environment, pipeline.quarantine, pipeline::QuarantineSchema(pipeline)));
  for (const auto& gold : pipeline.gold)
    INGOT_TRY(stage::EnsureTable(environment, gold.table, pipeline::GoldSchema(gold)));
  return {};
}

/// Engines know appended rows only: an interrupted step of another definition is taken back for them, and what else
/// happened to their source is refused.
Status Prepare(const stage::Environment& environment, const std::vector<std::string>& stages) {
  const auto wanted = [&](const char* stage) { return std::ranges::find(stages, stage) != stages.end(); };
  if (wanted("silver")) INGOT_TRY(silver::PrepareForEngine(environment));
  if (!wanted("gold")) return {};
  INGOT_ASSIGN(const auto silver_home, environment.Home(environment.pipeline->silver.table));
  for (const auto& spec : environment.pipeline->gold) {
    INGOT_ASSIGN(const auto home, environment.Home(spec.table.table));
    INGOT_ASSIGN(const auto gold, iceberg::LoadTable(home));
    INGOT_ASSIGN(const auto silver, iceberg::LoadTable(silver_home));
    INGOT_TRY(stage::CheckNotReplaced(*gold.metadata, home.name.Text(), *home.storage));
    INGOT_ASSIGN(const auto changes,
                 stage::ChangesSince(*silver.metadata, stage::MarkOf(*gold.metadata), silver_home.name.Text()));
    if (changes.rewritten)
      return Fail(ErrorKind::kUnsupported, "table " + silver_home.name.Text() + ": " + changes.rewriter +
                                               " rewrote rows, whose groups the embedded engine alone finds: run "
                                               "--stage gold --engine embedded once");
  }
  return {};
}

}  // namespace

Result<RunReport> RunOnEngine(const Place& place, stage::Environment environment,
                              const std::vector<std::string>& stages, const EngineOptions& options) {
  INGOT_TRY(CheckClock(environment, {.trusted = options.trust_clock, .source = options.source}));
  environment.run_id = RandomUuid();
  for (const auto& field : environment.pipeline->fields)
    if (field.type.id == iceberg::TypeId::kTimestamptzNs)
      return Fail(ErrorKind::kUnsupported, "field " + field.name + " is timestamptz_ns, which engine " +
                                               options.engine + " does not have: run it with --engine embedded");
  INGOT_TRY(EnsureTables(environment));
  INGOT_TRY(Prepare(environment, stages));
  const bool spark = options.engine == "spark";
  auto reports =
      spark ? RunOnSpark(place, environment, stages, {.master = options.spark_master, .source = options.source})
            : RunOnTrino(environment, stages, options.trino);
  // What the stages committed belongs into the ledger even when a later one failed.
  const Status ledger = WriteLedger(environment);
  if (!reports) return std::unexpected(std::move(reports).error());
  INGOT_TRY(ledger);
  RunReport report;
  for (const auto& stage : *reports)
    if (stage.stage == "silver") report.broken_rules = BrokenRules(*environment.pipeline, stage);
  report.stages = std::move(*reports);
  return report;
}

}  // namespace ingot::run
