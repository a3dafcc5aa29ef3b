#include "silver/silver.h"

#include "base/clock.h"
#include "base/fault.h"
#include "iceberg/commit.h"
#include "iceberg/find_table.h"
#include "pipeline/definition.h"
#include "pipeline/plan.h"
#include "silver/clean.h"
#include "silver/replace_rows.h"
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
  tables.definition = SilverDefinition(pipeline, spec);
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
  Tables tables{.spec = &spec, .bronze = std::move(current), .silver = {}, .quarantine = {}};
  INGOT_TRY(EnsureTablesOf(environment, tables));
  INGOT_TRY(tables.Reload());
  return tables;
}

/// Commits the new files of one table; deletes the rows that they replace in the same commit.
Status CommitStep(const Environment& environment, iceberg::Table& table, const Cleaned& cleaned,
                  const iceberg::SnapshotChange& change) {
  if (cleaned.changed == nullptr) {
    INGOT_ASSIGN(table, iceberg::CommitFiles(table.home, change));
    return {};
  }
  INGOT_TRY(CommitReplacing(environment, table, {&cleaned.changed->gone, cleaned.beaten.get()}, change));
  INGOT_ASSIGN(table, iceberg::LoadTable(table.home));
  return {};
}

StageReport ReportOf(const Environment& environment, const Tables& tables, const Cleaned& cleaned) {
  StageReport report = Begin(environment, tables.silver.home.name.Text());
  report.commits = 1;
  report.rows_in = cleaned.rows_in;
  report.bytes_in = cleaned.bytes_in;
  report.quarantined = cleaned.quarantined;
  report.broken_by_rule = cleaned.broken_by_rule;
  report.errors = report.broken_by_rule["parse"];
  report.rows_out = cleaned.silver.rows;
  report.bytes_out = cleaned.silver.bytes;
  report.duplicates = report.rows_in - report.quarantined - report.rows_out;
  return report;
}

/// Computes and commits the missing outputs of a step. Input: `judge`: whether the gate must judge the outputs before.
/// Returns nothing if it does not let them pass.
Result<std::optional<StageReport>> Process(const Environment& environment, Tables& tables, const Step& step,
                                           const CleanOptions& options, Gate& gate, bool judge) {
  const int64_t started_at_micros = NowMicros();
  INGOT_ASSIGN(Cleaned cleaned, Clean(environment, tables, step, options));
  StageReport report = ReportOf(environment, tables, cleaned);
  report.started_at_micros = started_at_micros;
  report.finished_at_micros = NowMicros();
  INGOT_TRY(FaultPoint("silver.after_files"));
  const stage::RuleCounts counts{.rows = report.rows_in, .broken_by_rule = report.broken_by_rule};
  if (judge && !gate.JudgeCleaned(counts)) {
    for (const auto* written : {&cleaned.silver, &cleaned.quarantine})
      iceberg::Discard(*tables.silver.home.storage, iceberg::LocationsOf(written->files));
    return std::nullopt;
  }
  if (step.outputs.quarantine) {
    auto change =
        stage::MarkedChange(tables.quarantine, std::move(cleaned.quarantine.files), step.mark, step.definition);
    gate.PutDecision(change, step);
    const auto committed = CommitStep(environment, tables.quarantine, cleaned, change);
    if (!committed) {
      iceberg::Discard(*tables.silver.home.storage, iceberg::LocationsOf(cleaned.silver.files));
      return std::unexpected(committed.error());
    }
  }
  // The silver commit has already counted these rows.
  if (!step.outputs.silver) return StageReport{};
  INGOT_TRY(FaultPoint("silver.between_commits"));
  auto change = stage::MarkedChange(tables.silver, std::move(cleaned.silver.files), step.mark, step.definition);
  change.summary.merge(report.ToSummary());
  gate.PutDecision(change, step);
  INGOT_TRY(CommitStep(environment, tables.silver, cleaned, change));
  gate.Published(counts);
  INGOT_TRY(FaultPoint("silver.after_commit"));
  // Rows that were erased on purpose are not in silver any more, either.
  const bool reported = step.mark.follow_deletes ? cleaned.changed != nullptr : !step.changes.erased;
  if (step.changes.rewritten && step.changes.since && reported)
    INGOT_TRY(ReportChangedRows(environment, tables.bronze, report.table, step.changes, cleaned.changed.get(),
                                report.rows_in - cleaned.came_up));
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

/// Processes bronze to its end, or until a gate holds rows back.
class TableRun {
 public:
  TableRun(const Environment& environment, const SilverSpec& spec, const SilverOptions& options, Gate& gate,
           const std::function<void(int64_t)>& progress)
      : environment_(environment),
        spec_(spec),
        options_(options),
        gate_(gate),
        progress_(progress),
        total_(Begin(environment, spec.table.table)) {}

  Result<StageReport> Run() {
    INGOT_ASSIGN(tables_, OpenTables(environment_, spec_));
    INGOT_TRY(FinishReplay(environment_, tables_));
    gate_.Begin(tables_);
    while (!ended_) INGOT_TRY(OnNewestTables(tables_, [&] { return OneStep(); }));
    total_.finished_at_micros = NowMicros();
    return std::move(total_);
  }

 private:
  Status OneStep() {
    INGOT_ASSIGN(const Step step, NextStep(environment_, tables_,
                                           {.rows_max = options_.rows_per_commit,
                                            .until = options_.until ? options_.until : gate_.Until(tables_)}));
    if (step.revert) {
      INGOT_TRY(RevertStep(environment_, tables_, step));
      return tables_.Reload();
    }
    ended_ = step.NothingToDo();
    if (ended_) return {};
    Verdict verdict = Verdict::kPublish;  // what an interrupted step has committed was judged before
    if (!step.Interrupted()) {
      INGOT_ASSIGN(verdict, gate_.Judge(environment_, tables_, step));
    }
    ended_ = verdict == Verdict::kWait || verdict == Verdict::kHold;
    total_.undecided = verdict == Verdict::kWait;
    if (verdict == Verdict::kHold) total_.held.push_back(gate_.Held());
    return ended_ ? Status() : Publish(step, verdict == Verdict::kClean);
  }

  Status Publish(const Step& step, bool judge) {
    INGOT_ASSIGN(const auto report, Process(environment_, tables_, step, options_.clean, gate_, judge));
    if (!report) return {};
    progress_(report->rows_in);
    total_.Add(*report);
    total_.published_anyway = gate_.published_anyway();
    return {};
  }

  const Environment& environment_;
  const SilverSpec& spec_;
  const SilverOptions& options_;
  Gate& gate_;
  const std::function<void(int64_t)>& progress_;
  Tables tables_;
  StageReport total_;
  bool ended_ = false;
};

Status PrepareTable(const Environment& environment, const SilverSpec& spec, const SilverOptions& options) {
  INGOT_ASSIGN(Tables tables, OpenTables(environment, spec));
  for (bool ready = false; !ready;)
    INGOT_TRY(OnNewestTables(tables, [&]() -> Status {
      INGOT_ASSIGN(const Step step, NextStep(environment, tables, {.rows_max = options.rows_per_commit}));
      if (!step.changes.rewriter.empty())
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
    Gate& gate = gates_.try_emplace(spec.table.table, spec, options_.gates).first->second;
    const auto report = TableRun(environment, spec, options_, gate, progress).Run();
    if (total.AddPending(report)) continue;
    INGOT_TRY(report);
    total.Add(*report);
    total.table += (total.table.empty() ? "" : ", ") + report->table;
  }
  total.finished_at_micros = NowMicros();
  return total;
}

Result<Silver::JudgedRows> Silver::JudgeForEngine(const Environment& environment) {
  JudgedRows judged;
  for (const SilverSpec& spec : environment.pipeline->silver) {
    if (!HasGate(spec.rules)) continue;
    INGOT_ASSIGN(const Tables tables, OpenTables(environment, spec));
    Gate gate(spec, options_.gates);
    gate.Begin(tables);
    INGOT_ASSIGN(const Step step,
                 NextStep(environment, tables, {.rows_max = options_.rows_per_commit, .until = gate.Until(tables)}));
    if (step.Interrupted()) {  // what it has committed was judged before
      judged.until = stage::MarkOf(*(step.outputs.silver ? tables.quarantine : tables.silver).metadata).snapshot;
      continue;
    }
    judged.until = gate.Until(tables);
    if (step.NothingToDo()) continue;
    INGOT_ASSIGN(const Verdict verdict, gate.Judge(environment, tables, step));
    if (verdict != Verdict::kPublish) judged.held.push_back(gate.Held());
  }
  return judged;
}

Status Silver::PrepareForEngine(const Environment& environment) {
  for (const SilverSpec& spec : environment.pipeline->silver) INGOT_TRY(PrepareTable(environment, spec, options_));
  return {};
}

}  // namespace ingot::silver
