#include "run/engine.h"

#include "base/random.h"
#include "pipeline/plan.h"
#include "run/ledger.h"
#include "run/spark.h"
#include "run/trino.h"

namespace ingot::run {
namespace {

Status EnsureTables(const pipeline::StageContext& context) {
  const pipeline::Pipeline& pipeline = *context.pipeline;
  INGOT_TRY(pipeline::EnsureTable(context, pipeline.bronze, pipeline::BronzeSchema(pipeline)));
  INGOT_TRY(pipeline::EnsureTable(context, pipeline.silver, pipeline::SilverSchema(pipeline)));
  INGOT_TRY(pipeline::EnsureTable(context, pipeline.quarantine, pipeline::QuarantineSchema(pipeline)));
  for (const auto& gold : pipeline.gold)
    INGOT_TRY(pipeline::EnsureTable(context, gold.table, pipeline::GoldSchema(gold)));
  return {};
}

}  // namespace

Result<RunReport> RunOnEngine(const Place& place, pipeline::StageContext context,
                              const std::vector<std::string>& stages, const EngineOptions& options) {
  context.run_id = RandomUuid();
  for (const auto& field : context.pipeline->fields)
    if (field.type.id == iceberg::TypeId::kTimestamptzNs)
      return Fail(ErrorKind::kUnsupported, "field " + field.name + " is timestamptz_ns, which engine " +
                                               options.engine + " does not have: run it with --engine embedded");
  INGOT_TRY(EnsureTables(context));
  const bool spark = options.engine == "spark";
  auto reports =
      spark ? RunOnSpark(place, context, stages, options.spark_master) : RunOnTrino(context, stages, options.trino);
  // What the stages committed belongs into the ledger even when a later one failed.
  const Status ledger = WriteLedger(context);
  if (!reports) return std::unexpected(std::move(reports).error());
  INGOT_TRY(ledger);
  RunReport report;
  for (const auto& stage : *reports)
    if (stage.stage == "silver") report.broken_rules = BrokenRules(*context.pipeline, stage);
  report.stages = std::move(*reports);
  return report;
}

}  // namespace ingot::run
