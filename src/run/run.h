// Runs of the pipeline: the stages in order, then the ledger, then the verdict on quality.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bronze/bronze.h"
#include "gold/gold.h"
#include "run/clock.h"
#include "silver/silver.h"
#include "stage/processor.h"

namespace ingot::run {

/// How old records were when gold showed them: seconds from produced to committed. Source: Kafka's record timestamps.
class Freshness {
 public:
  /// Records produced at these times (microseconds, in steps) were to be seen at `seen_micros`.
  void Add(const std::map<int64_t, int64_t>& rows_by_produced_at, int64_t seen_micros);
  bool Empty() const { return rows_ == 0; }
  /// The age that `share` of the records did not exceed.
  double Quantile(double share) const;

 private:
  std::map<int64_t, int64_t> rows_by_age_;
  int64_t rows_ = 0;
};

struct RunReport {
  std::vector<stage::StageReport> stages;
  std::vector<std::string> broken_rules;   // those beyond their fail_above, in words
  std::vector<std::string> failed_inputs;  // files that were not read, with why and what to do
  Freshness freshness;                     // of followed sources
  int64_t records_behind = 0;

  /// The report of the next stage.
  void Add(const pipeline::Pipeline& pipeline, stage::StageReport stage);
};

struct RunOptions {
  bronze::BronzeOptions bronze;
  silver::SilverOptions silver;
  gold::GoldOptions gold;
  bool trust_clock = false;  // whatever speaks against it
};

/// Of the stage, with its options.
std::unique_ptr<stage::Processor> MakeProcessor(stage::Stage stage, const RunOptions& options);

/// The rules that broke a greater share of the rows of silver than their fail_above, in words.
std::vector<std::string> BrokenRules(const pipeline::Pipeline& pipeline, const stage::StageReport& silver);

/// Of one round of a run.
struct RoundOptions {
  stage::Deadline deadline;
  bool write_ledger = true;
};

/// Keeps the source open from run to run, and what gold knows of its groups.
class Runner {
 public:
  /// Runs `stages` in this order. Errors: those of opening the source.
  static Result<Runner> Open(const stage::Environment& environment, const std::vector<stage::Stage>& stages,
                             const RunOptions& options);

  /// Errors: the first stage that failed; what was committed before stays and the next run goes on from there.
  Result<RunReport> Run(const RoundOptions& round);

 private:
  Runner(const stage::Environment& environment, ClockOptions clock)
      : environment_(environment), clock_options_(std::move(clock)) {}

  stage::Environment environment_;
  ClockOptions clock_options_;
  ClockWatch clock_;
  std::vector<std::unique_ptr<stage::Processor>> processors_;
};

}  // namespace ingot::run
