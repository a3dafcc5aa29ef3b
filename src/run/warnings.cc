#include "run/warnings.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "run/judge.h"

namespace ingot::run {
namespace {

using stage::Environment;
using stage::Stage;
using stage::StageReport;
using stage::Warning;
using stage::WarningKind;

constexpr std::chrono::seconds kEvery{60};
constexpr int64_t kFirstRows = 1000;  // a follower that has read so many is judged for the first time

/// Whether a warning of rows says more than that the header of a file has no column for a field.
bool IsSaid(const pipeline::Pipeline& pipeline, const Warning& missing, const std::vector<Warning>& of_rows) {
  const auto reads = [&](const pipeline::FieldSpec& field) {
    return std::ranges::any_of(field.from, [&](const pipeline::Path& path) { return path[0].key == missing.field; });
  };
  return std::ranges::all_of(pipeline.fields, [&](const pipeline::FieldSpec& field) {
    return !reads(field) || field.rare ||
           std::ranges::any_of(of_rows, [&](const Warning& warning) { return warning.field == field.name; });
  });
}

const Warning* SameIn(const std::vector<Warning>& warnings, const Warning& warning) {
  const auto same = std::ranges::find_if(warnings, [&](const Warning& other) { return other.IsAbout(warning); });
  return same == warnings.end() ? nullptr : &*same;
}

/// Replaces the warnings of the tables in `report` by those that hold now.
void Replace(std::vector<Warning>& warnings, const StageReport& report, Result<std::vector<Warning>> now) {
  if (!now) {
    LogWarning("what is unusual about " + report.table + " is unknown: " + now.error().message);
    return;
  }
  std::erase_if(warnings, [&](const Warning& warning) { return warning.table == report.table; });
  std::ranges::move(*now, std::back_inserter(warnings));
}

}  // namespace

bool WarningWatch::IsDue(bool last) const {
  if (last) return true;
  const auto bronze = waiting_.find(Stage::kBronze);
  if (!judged_at_ && bronze != waiting_.end() && bronze->second.rows_in >= kFirstRows) return true;
  return Clock::now() - judged_at_.value_or(began_at_) >= kEvery;
}

void WarningWatch::Judge(const Environment& environment, std::vector<StageReport>& reports,
                         const std::vector<std::string>& failed_inputs, bool last) {
  std::vector<Warning> inputs, missing;
  for (StageReport& report : reports) {
    if (report.stage == Stage::kGold) continue;
    for (Warning& warning : std::exchange(report.warnings, {}))
      (warning.kind == WarningKind::kMissingColumn ? missing : inputs).push_back(std::move(warning));
    StageReport& waiting = waiting_[report.stage];
    waiting.table = report.table;
    waiting.Add(report);
    waiting.rows_by_produced_at.clear();
    waiting_runs_.insert(report.run_id);
    report.sample = {};
  }
  if (IsDue(last)) {
    std::vector<Warning> bronze;
    for (const auto& [stage, report] : waiting_) {
      if (report.rows_in == 0) continue;
      if (stage == Stage::kBronze) {
        Replace(of_rows_, report, JudgeBronze(environment, report, waiting_runs_));
        std::ranges::copy_if(of_rows_, std::back_inserter(bronze),
                             [&](const Warning& warning) { return warning.table == report.table; });
      } else {
        Replace(of_rows_, report, JudgeSilver(environment, report, waiting_runs_, bronze));
      }
    }
    waiting_.clear();
    waiting_runs_.clear();
    judged_at_ = Clock::now();
  }
  std::erase_if(missing, [&](const Warning& one) { return IsSaid(*environment.pipeline, one, of_rows_); });
  current_ = std::move(inputs);
  current_.insert(current_.end(), missing.begin(), missing.end());
  current_.insert(current_.end(), of_rows_.begin(), of_rows_.end());
  Raise(environment, reports, failed_inputs);
}

void WarningWatch::Raise(const Environment& environment, std::vector<StageReport>& reports,
                         const std::vector<std::string>& failed_inputs) {
  std::erase_if(said_, [&](const Warning& warning) { return SameIn(current_, warning) == nullptr; });
  std::erase_if(said_at_, [](const auto& said) { return Clock::now() - said.second >= kEvery; });
  for (const Warning& warning : current_) {
    if (SameIn(said_, warning) != nullptr) continue;
    said_.push_back(warning);
    if (std::ranges::any_of(said_at_, [&](const auto& said) { return said.first.IsAbout(warning); })) continue;
    said_at_.emplace_back(warning, Clock::now());
    if (std::ranges::find(failed_inputs, warning.message) == failed_inputs.end()) LogWarning(warning.message);
    int64_t started_at = NowMicros();
    for (StageReport& report : reports) {
      if (report.table != warning.table) continue;
      report.warnings.push_back(warning);
      started_at = report.started_at_micros;
    }
    unwritten_.push_back({.run_id = environment.run_id, .started_at_micros = started_at, .warning = warning});
  }
}

}  // namespace ingot::run
