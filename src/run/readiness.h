// Whether a follower is ready, for /ready: its last successful run is recent.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace ingot::run {

/// Thread-safe.
class Readiness {
 public:
  explicit Readiness(std::chrono::microseconds every) : patience_(std::max(3 * every, kPatienceMin)) {}
  void Succeeded() {
    std::lock_guard lock(mutex_);
    good_at_ = NowMicros();
    error_.clear();
  }
  void Failed(const Error& error) {
    std::lock_guard lock(mutex_);
    error_ = ": " + error.message;
  }
  /// Errors: kRetry when the last successful run is older than three times `every`, and than a minute.
  Status Check() const {
    std::lock_guard lock(mutex_);
    const int64_t age = NowMicros() - good_at_;
    if (age <= patience_.count()) return {};
    return Fail(ErrorKind::kRetry, fmt::format("no good run for {} s{}", age / 1'000'000, error_));
  }

 private:
  static constexpr std::chrono::microseconds kPatienceMin{60'000'000};
  const std::chrono::microseconds patience_;
  mutable std::mutex mutex_;
  int64_t good_at_ = NowMicros();
  std::string error_;
};

}  // namespace ingot::run
