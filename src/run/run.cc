#include "run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/progress.h"
#include "base/random.h"
#include "run/ledger.h"
#include "run/rebuild_days.h"

namespace ingot::run {
namespace {

using stage::Environment;
using stage::StageReport;

void AddGates(const pipeline::SilverSpec& silver, const StageReport& report, std::vector<GateState>& gates) {
  for (const pipeline::Rule& rule : silver.rules) {
    if (!rule.fail_above) continue;
    const bool holds = std::ranges::any_of(report.held, [&](const stage::HeldRows& held) {
      return held.table == silver.table.table && std::ranges::find(held.rules, rule.name) != held.rules.end();
    });
    gates.push_back({silver.table.table, rule.name, holds});
  }
}

}  // namespace

void Freshness::Add(const std::map<int64_t, int64_t>& rows_by_produced_at, int64_t seen_micros) {
  for (const auto& [produced, rows] : rows_by_produced_at) {
    rows_by_age_[std::max<int64_t>(0, seen_micros - produced) / 10'000 * 10'000] += rows;
    rows_ += rows;
  }
}

double Freshness::Quantile(double share) const {
  int64_t seen = 0;
  for (const auto& [age, rows] : rows_by_age_)
    if ((seen += rows) >= int64_t(std::ceil(share * double(rows_)))) return double(age) / 1e6;
  return 0;
}

std::unique_ptr<stage::Processor> MakeProcessor(stage::Stage stage, const RunOptions& options) {
  switch (stage) {
    case stage::Stage::kBronze:
      return std::make_unique<bronze::Bronze>(options.bronze);
    case stage::Stage::kSilver:
      if (options.silver_days) return std::make_unique<SilverOfDays>(options.silver, *options.silver_days);
      return std::make_unique<silver::Silver>(options.silver);
    case stage::Stage::kGold:
      return std::make_unique<gold::Gold>(options.gold);
  }
  return nullptr;
}

void RunReport::Add(const pipeline::Pipeline& pipeline, StageReport stage) {
  std::ranges::move(stage.failed_inputs, std::back_inserter(failed_inputs));
  std::ranges::move(stage.pending_changes, std::back_inserter(pending_changes));
  std::ranges::copy(stage.held, std::back_inserter(held));
  std::ranges::copy(stage.published_anyway, std::back_inserter(published_anyway));
  if (stage.stage == stage::Stage::kSilver)
    for (const pipeline::SilverSpec& silver : pipeline.silver) AddGates(silver, stage, gates);
  const bool waits = std::ranges::any_of(stages, &StageReport::undecided);
  if (stage.stage == stage::Stage::kGold && held.empty() && !waits)
    for (const StageReport& before : stages) freshness.Add(before.rows_by_produced_at, NowMicros());
  stages.push_back(std::move(stage));
}

Result<Runner> Runner::Open(const Environment& environment, const std::vector<stage::Stage>& stages,
                            const RunOptions& options) {
  Runner runner(environment, {.trusted = options.trust_clock, .source = options.bronze.source});
  for (const stage::Stage stage : stages) {
    runner.processors_.push_back(MakeProcessor(stage, options));
    INGOT_TRY(runner.processors_.back()->Open(environment));
  }
  return runner;
}

Result<RunReport> Runner::Run(const RoundOptions& round) {
  INGOT_TRY(clock_.Check(environment_, clock_options_));
  RunReport report;
  environment_.run_id = RandomUuid();
  Status outcome;
  int64_t rows = 0;
  for (const auto& processor : processors_) {
    const std::string stage(stage::StageName(processor->stage()));
    ProgressLine progress(stage, rows, "records");
    auto done = processor->Run(environment_, round.deadline, [&](int64_t records) { progress.Add(records); });
    if (!done) {
      outcome = std::unexpected(std::move(done).error().Context("stage " + stage));
      break;
    }
    rows = done->rows_out;
    const bool pending = !done->pending_changes.empty();
    report.Add(*environment_.pipeline, std::move(*done));
    if (pending) break;  // later stages read what was not computed
  }
  for (const auto& processor : processors_) report.records_behind += processor->RecordsBehind();
  // What the stages did is judged and recorded even when a later stage failed.
  warnings_.Judge(environment_, report.stages, report.failed_inputs, round.last);
  report.warnings = warnings_.Current();
  Status ledger = round.write_ledger ? WriteLedger(environment_) : Status();
  if (round.write_ledger && ledger) ledger = WriteWarnings(environment_, warnings_.Unwritten());
  for (const stage::HeldRows& held : report.held)
    if (held.is_news) unwritten_held_.push_back(held);
  for (; ledger && !unwritten_held_.empty(); unwritten_held_.erase(unwritten_held_.begin())) {
    ledger = WriteHeld(environment_, unwritten_held_.front());
    if (!ledger) break;
  }
  INGOT_TRY(outcome);
  INGOT_TRY(ledger);
  return report;
}

}  // namespace ingot::run
