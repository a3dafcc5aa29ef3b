// Runs again and again with what has come in, until asked to stop.
#pragma once

#include <chrono>
#include <functional>

#include "run/run.h"

namespace ingot::run {

struct FollowOptions {
  std::chrono::microseconds every{10'000'000};   // between two commits of bronze
  std::chrono::seconds retry_for{600};           // how long servers may be away before the run ends with their error
  std::function<bool()> stop_asked;              // the batch that is being read is still carried to gold
  std::function<void(const RunReport&)> on_run;  // after each run
  std::function<void(const Error&)> on_failure;  // after each run that is tried again
  std::function<void()> each_second;             // from another thread, while runs go on
};

/// What it waits for is logged once a minute (base/outage.h). Errors: any that another try cannot mend, at once;
/// kRetry, kConflict and kOutcomeUnknown after `retry_for` without one good run.
Status Follow(Runner& runner, const FollowOptions& options);

}  // namespace ingot::run
