#include "run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/progress.h"
#include "base/random.h"
#include "run/ledger.h"

namespace ingot::run {
namespace {

using stage::Environment;
using stage::StageReport;

}  // namespace

std::vector<std::string> BrokenRules(const pipeline::Pipeline& pipeline, const StageReport& report) {
  std::vector<std::string> broken;
  for (const pipeline::Rule& rule : pipeline.rules) {
    const auto found = report.broken_by_rule.find(rule.name);
    if (!rule.fail_above || found == report.broken_by_rule.end() || report.rows_in == 0) continue;
    const double share = double(found->second) / double(report.rows_in);
    if (share > *rule.fail_above)
      broken.push_back(fmt::format("rule {}: {} of {} rows ({:.1f} %) are broken, more than the {:.1f} % allowed",
                                   rule.name, found->second, report.rows_in, share * 100, *rule.fail_above * 100));
  }
  return broken;
}

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

Result<Runner> Runner::Open(const Environment& environment, std::vector<std::string> stages,
                            const RunOptions& options) {
  Runner runner(environment, std::move(stages), options);
  if (std::ranges::find(runner.stages_, "bronze") != runner.stages_.end()) {
    INGOT_ASSIGN(runner.bronze_, bronze::Bronze::Open(environment, options.bronze));
  }
  return runner;
}

Result<StageReport> Runner::RunStage(const std::string& stage, const RoundOptions& round, int64_t rows_expected) {
  Progress progress(stage, rows_expected, "records");
  const auto tell = [&](int64_t records) { progress.Add(records); };
  if (stage == "bronze") return bronze_->Run(environment_, round.deadline, tell);
  if (stage == "silver") return silver::RunSilver(environment_, options_.silver, tell);
  return gold_.Run(environment_, tell);
}

Result<RunReport> Runner::Run(const RoundOptions& round) {
  INGOT_TRY(clock_.Check(environment_, {.trusted = options_.trust_clock, .source = options_.bronze.source}));
  RunReport report;
  environment_.run_id = RandomUuid();
  Status outcome;
  int64_t rows = 0;
  for (const std::string& stage : stages_) {
    auto done = RunStage(stage, round, rows);
    if (!done) {
      outcome = std::unexpected(std::move(done).error().Context("stage " + stage));
      break;
    }
    rows = done->rows_out;
    if (stage == "bronze") report.failed_inputs = std::move(done->failed_inputs);
    if (stage == "silver") report.broken_rules = BrokenRules(*environment_.pipeline, *done);
    if (stage == "gold" && !report.stages.empty())
      report.freshness.Add(report.stages[0].rows_by_produced_at, NowMicros());
    report.stages.push_back(std::move(*done));
  }
  if (bronze_) report.records_behind = bronze_->RecordsBehind();
  // What the stages committed belongs into the ledger even when a later one failed.
  const Status ledger = round.write_ledger ? WriteLedger(environment_) : Status();
  INGOT_TRY(outcome);
  INGOT_TRY(ledger);
  return report;
}

}  // namespace ingot::run
