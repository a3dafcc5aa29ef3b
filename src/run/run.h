// Runs of the pipeline: the stages in order, then the ledger, then the check of the quality rules.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bronze/bronze.h"
#include "gold/gold.h"
#include "run/clock.h"
#include "run/warnings.h"
#include "silver/silver.h"
#include "stage/processor.h"

namespace ingot::run {

/// Age of records when they became visible in gold: seconds from production to commit. Source: Kafka's record
/// timestamps.
class Freshness {
 public:
  /// Adds records that became visible at `seen_micros`. Keys are production times in microseconds, rounded to steps.
  void Add(const std::map<int64_t, int64_t>& rows_by_produced_at, int64_t seen_micros);
  bool Empty() const { return rows_ == 0; }
  /// Returns the age in seconds that `share` of the records did not exceed.
  double Quantile(double share) const;

 private:
  std::map<int64_t, int64_t> rows_by_age_;
  int64_t rows_ = 0;
};

/// A rule with a limit.
struct GateState {
  std::string table, rule;
  bool holds = false;
};

struct RunReport {
  std::vector<stage::StageReport> stages;
  std::vector<GateState> gates;               // of the silver tables, after their stage
  std::vector<stage::HeldRows> held;          // rows that gates hold back
  std::vector<std::string> published_anyway;  // limits that rows exceed which were published on request
  std::vector<std::string> failed_inputs;     // files that were not read, with the reason and what to do
  std::vector<std::string> pending_changes;   // tables that were not computed, because their definition differs
  std::vector<stage::Warning> warnings;       // all that hold; reports of stages have those that are new
  Freshness freshness;                        // of followed sources
  int64_t records_behind = 0;

  /// Adds the report of the next stage.
  void Add(const pipeline::Pipeline& pipeline, stage::StageReport stage);
};

struct RunOptions {
  bronze::BronzeOptions bronze;
  silver::SilverOptions silver;
  gold::GoldOptions gold;
  std::optional<stage::DaySpan> silver_days;  // computed again after the new rows
  bool trust_clock = false;                   // skips the clock checks
};

/// Returns the processor of the stage, with its options.
std::unique_ptr<stage::Processor> MakeProcessor(stage::Stage stage, const RunOptions& options);

/// Options of one round of a run.
struct RoundOptions {
  stage::Deadline deadline;
  bool write_ledger = true;
  bool last = true;  // no round follows
};

/// Keeps the source and gold's state of its groups open between runs.
class Runner {
 public:
  /// Runs `stages` in this order. Errors: those of opening the source.
  static Result<Runner> Open(const stage::Environment& environment, const std::vector<stage::Stage>& stages,
                             const RunOptions& options);

  /// Errors: the first stage that failed. Earlier commits remain, and the next run resumes from them.
  Result<RunReport> Run(const RoundOptions& round);

 private:
  Runner(const stage::Environment& environment, ClockOptions clock)
      : environment_(environment), clock_options_(std::move(clock)) {}

  stage::Environment environment_;
  ClockOptions clock_options_;
  ClockWatch clock_;
  WarningWatch warnings_;
  std::vector<stage::HeldRows> unwritten_held_;  // ops.quality does not have them yet
  std::vector<std::unique_ptr<stage::Processor>> processors_;
};

}  // namespace ingot::run
