// Runs the pipeline repeatedly on new input, until it is asked to stop.
#pragma once

#include <chrono>
#include <functional>

#include "run/run.h"

namespace ingot::run {

struct FollowOptions {
  std::chrono::microseconds every{10'000'000};  // between two commits of bronze
  std::chrono::seconds retry_for{600};   // how long servers may be unavailable before the run ends with their error
  std::function<bool()> stop_requested;  // the current batch is still brought to gold
  std::function<void(const RunReport&)> on_run;  // after each run
  std::function<void(const Error&)> on_failure;  // after each run that is retried
  std::function<void()> each_second;             // called from another thread, during runs
};

/// Logs once a minute what it waits for (base/outage.h). Errors: permanent errors, at once; kRetry, kConflict and
/// kOutcomeUnknown after `retry_for` without a successful run.
Status Follow(Runner& runner, const FollowOptions& options);

}  // namespace ingot::run
