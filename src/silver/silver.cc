#include "silver/silver.h"

#include "base/clock.h"
#include "base/fault.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "pipeline/plan.h"
#include "silver/clean.h"
#include "silver/replay.h"
#include "silver/revert_step.h"
#include "stage/position_columns.h"
#include "stage/stage.h"

namespace ingot::silver {
namespace {

using pipeline::SilverSpec;
using stage::Environment;
using stage::StageReport;

StageReport Begin(const Environment& environment, const std::string& table) {
  return stage::BeginReport(stage::Stage::kSilver, table, environment.run_id);
}

Status EnsureTablesOf(const Environment& environment, Tables& tables) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  const SilverSpec& spec = *tables.spec;
  INGOT_ASSIGN(tables.silver, stage::EnsureTable(environment, {.spec = spec.table,
                                                               .schema = SilverSchema(pipeline, spec),
                                                               .definition = tables.definition}));
  INGOT_ASSIGN(tables.quarantine, stage::EnsureTable(environment, {.spec = spec.quarantine,
                                                                   .schema = QuarantineSchema(pipeline),
                                                                   .definition = tables.definition}));
  return {};
}

Result<Tables> OpenTables(const Environment& environment, const SilverSpec& spec) {
  const pipeline::Pipeline& pipeline = *environment.pipeline;
  INGOT_ASSIGN(const auto bronze_home, environment.Home(pipeline.bronze.table));
  INGOT_ASSIGN(auto bronze, iceberg::FindTable(bronze_home));
  if (!bronze)
    return Fail(ErrorKind::kNotFound, "table " + pipeline.bronze.table + " does not exist: run the bronze stage first");
  INGOT_ASSIGN(auto current, stage::EnsurePositionColumns(*std::move(bronze), pipeline::BronzeSchema(pipeline)));
  Tables tables{.spec = &spec,
                .definition = SilverDefinition(pipeline, spec),
                .bronze = std::move(current),
                .silver = {},
                .quarantine = {}};
  INGOT_TRY(EnsureTablesOf(environment, tables));
  INGOT_TRY(tables.Reload());
  return tables;
}

/// Computes and commits the missing outputs of a step.
Result<StageReport> Process(const Environment& environment, Tables& tables, const Step& step,
                            const CleanOptions& options) {
  StageReport report = Begin(environment, tables.silver.home.name.Text());
  report.commits = 1;
  INGOT_ASSIGN(Cleaned cleaned, Clean(environment, tables, step, options));
  report.rows_in = cleaned.rows_in;
  report.bytes_in = cleaned.bytes_in;
  report.quarantined = cleaned.quarantined;
  report.errors = cleaned.broken_by_rule["parse"];
  report.broken_by_rule = cleaned.broken_by_rule;
  report.rows_out = cleaned.silver.rows;
  report.bytes_out = cleaned.silver.bytes;
  report.duplicates = report.rows_in - report.quarantined - report.rows_out;
  report.finished_at_micros = NowMicros();
  INGOT_TRY(FaultPoint("silver.after_files"));
  if (step.outputs.quarantine) {
    auto committed = iceberg::CommitFiles(
        tables.quarantine.home,
        stage::MarkedChange(tables.quarantine, std::move(cleaned.quarantine.files), step.mark, step.definition));
    if (!committed) {
      iceberg::Discard(*tables.silver.home.storage, iceberg::LocationsOf(cleaned.silver.files));
      return std::unexpected(std::move(committed).error());
    }
    tables.quarantine = std::move(*committed);
  }
  // The silver commit has already counted these rows.
  if (!step.outputs.silver) return StageReport{};
  INGOT_TRY(FaultPoint("silver.between_commits"));
  auto change = stage::MarkedChange(tables.silver, std::move(cleaned.silver.files), step.mark, step.definition);
  change.summary.merge(report.ToSummary());
  INGOT_ASSIGN(tables.silver, iceberg::CommitFiles(tables.silver.home, change));
  INGOT_TRY(FaultPoint("silver.after_commit"));
  return report;
}

/// Runs one step, and retries it on the reloaded tables when another run was first.
Status OnNewestTables(Tables& tables, const std::function<Status()>& step) {
  bool outdated = false;
  return iceberg::RetryOnConflict([&]() -> Status {
    if (std::exchange(outdated, true)) INGOT_TRY(tables.Reload());
    return step();
  });
}

/// Processes bronze to its end.
Result<StageReport> RunTable(const Environment& environment, const SilverSpec& spec, const SilverOptions& options,
                             const std::function<void(int64_t)>& progress) {
  StageReport total = Begin(environment, spec.table.table);
  INGOT_ASSIGN(Tables tables, OpenTables(environment, spec));
  INGOT_TRY(FinishReplay(environment, tables));
  for (bool ended = false; !ended;)
    INGOT_TRY(OnNewestTables(tables, [&]() -> Status {
      INGOT_ASSIGN(const Step step,
                   NextStep(environment, tables, {.rows_max = options.rows_per_commit, .until = options.until}));
      if (step.revert) {
        INGOT_TRY(RevertStep(environment, tables, step));
        return tables.Reload();
      }
      ended = step.NothingToDo();
      if (ended) return {};
      INGOT_ASSIGN(const StageReport report, Process(environment, tables, step, options.clean));
      progress(report.rows_in);
      total.Add(report);
      return {};
    }));
  total.finished_at_micros = NowMicros();
  return total;
}

Status PrepareTable(const Environment& environment, const SilverSpec& spec, const SilverOptions& options) {
  INGOT_ASSIGN(Tables tables, OpenTables(environment, spec));
  for (bool ready = false; !ready;)
    INGOT_TRY(OnNewestTables(tables, [&]() -> Status {
      INGOT_ASSIGN(const Step step, NextStep(environment, tables, {.rows_max = options.rows_per_commit}));
      if (step.changes.rewritten)
        return Fail(ErrorKind::kUnsupported,
                    "table " + tables.bronze.home.name.Text() + ": " + step.changes.rewriter +
                        " rewrote rows, which only the embedded engine can distinguish from new ones: "
                        "run --stage silver --engine embedded once");
      ready = !step.revert;
      if (ready) return {};
      INGOT_TRY(RevertStep(environment, tables, step));
      return tables.Reload();
    }));
  return {};
}

}  // namespace

Status Silver::EnsureTables(const Environment& environment) {
  for (const SilverSpec& spec : environment.pipeline->silver) {
    Tables tables;
    tables.spec = &spec;
    INGOT_TRY(EnsureTablesOf(environment, tables));
  }
  return {};
}

Result<StageReport> Silver::Run(const Environment& environment, const stage::Deadline&,
                                const std::function<void(int64_t)>& progress) {
  StageReport total = Begin(environment, "");
  for (const SilverSpec& spec : environment.pipeline->silver) {
    const auto report = RunTable(environment, spec, options_, progress);
    if (total.AddPending(report)) continue;
    INGOT_TRY(report);
    total.Add(*report);
    total.table += (total.table.empty() ? "" : ", ") + report->table;
  }
  total.finished_at_micros = NowMicros();
  return total;
}

Status Silver::PrepareForEngine(const Environment& environment) {
  for (const SilverSpec& spec : environment.pipeline->silver) INGOT_TRY(PrepareTable(environment, spec, options_));
  return {};
}

}  // namespace ingot::silver
