// Watches the runs of a pipeline for what is unusual: refusals, fields without values, shares far from those of the
// last runs, inputs that are not read. docs/operations.md lists the kinds.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::run {

/// A warning as ops.quality records it.
struct RaisedWarning {
  std::string run_id;
  int64_t started_at_micros = 0;
  stage::Warning warning;
};

/// A follower keeps one over all of its runs.
class WarningWatch {
 public:
  /// Judges the reports together with those since the last judgement. A run that ends (`last`) is judged at once, a
  /// follower once a minute. Logs each warning that is new, and adds it to `warnings` of its stage's report. A warning
  /// is new again after it did not hold, at most once a minute. Clears the samples of the reports. Input:
  /// `failed_inputs`: messages that the run shows anyway. Cost: loads the bronze and silver tables.
  void Judge(const stage::Environment& environment, std::vector<stage::StageReport>& reports,
             const std::vector<std::string>& failed_inputs, bool last);

  /// The warnings that hold, also those that were said before.
  const std::vector<stage::Warning>& Current() const { return current_; }

  /// Those that ops.quality does not have yet. The caller clears them after writing them.
  std::vector<RaisedWarning>& Unwritten() { return unwritten_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool IsDue(bool last) const;
  void Raise(const stage::Environment& environment, std::vector<stage::StageReport>& reports,
             const std::vector<std::string>& failed_inputs);

  std::map<stage::Stage, stage::StageReport> waiting_;  // reports since the last judgement
  std::set<std::string> waiting_runs_;                  // their ids
  std::optional<Clock::time_point> judged_at_;
  const Clock::time_point began_at_ = Clock::now();
  std::vector<stage::Warning> of_rows_;  // as last judged
  std::vector<stage::Warning> current_, said_;
  std::vector<std::pair<stage::Warning, Clock::time_point>> said_at_;
  std::vector<RaisedWarning> unwritten_;
};

}  // namespace ingot::run
