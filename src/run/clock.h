// Checks this machine's clock before decisions depend on it: which records are from the future, and what is old enough
// to delete. The clock is compared with times that other clocks wrote. Source: docs/operations.md, "The clock".
#pragma once

#include <optional>
#include <string>

#include "stage/environment.h"

namespace ingot::run {

struct ClockOptions {
  bool trusted = false;  // skips all checks
  std::string source;    // a URI; before tables exist, the times of its input files are compared
};

/// Checks that the clock is not behind the newest commits of the pipeline's tables and this program's file. Before
/// tables exist, the input files are compared too. The tolerance is two hours to a day, as in the pipeline's `now+…`
/// ranges. Also checks that the clock is at most 400 days ahead of the newest commit. Errors: kRetry with the time
/// that was compared and what to do; none when the clock is trusted.
Status CheckClock(const stage::Environment& environment, const ClockOptions& options);

/// Performs the checks of CheckClock. Also checks that the clock is at most `ahead_max_micros` ahead of the newest
/// commit: otherwise young data would look old. Tables that no stage writes are ignored, because they may be years
/// old.
Status CheckClockForDeleting(const stage::Environment& environment, const ClockOptions& options,
                             int64_t ahead_max_micros);

/// Returns how far, in microseconds, the clock may be ahead of the newest commit and the newest row when rows expire
/// after `keep_micros`. The limit is half of `keep_micros`, at least three days and at most thirty. It is thirty days
/// without `keep_micros`.
int64_t AheadMaxOf(std::optional<int64_t> keep_micros);

/// Detects a clock that is set while the process runs. Not thread-safe.
class ClockWatch {
 public:
  /// Performs CheckClock on the first call and after the clock jumped. Errors: those of CheckClock; kRetry on a jump.
  Status Check(const stage::Environment& environment, const ClockOptions& options);

 private:
  std::optional<int64_t> offset_micros_;  // between the clock and the time since boot
};

}  // namespace ingot::run
