// Whether a follower is ready, for /ready: its last successful run is recent.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "stage/held_rows.h"

namespace ingot::run {

/// Thread-safe.
class Readiness {
 public:
  explicit Readiness(std::chrono::microseconds every) : patience_(std::max(3 * every, kPatienceMin)) {}
  /// Input: `held`: what gates hold back from silver.
  void Succeeded(const std::vector<stage::HeldRows>& held) {
    std::lock_guard lock(mutex_);
    good_at_ = NowMicros();
    error_.clear();
    held_.clear();
    for (const stage::HeldRows& rows : held) held_ += "quality: " + HeldText(rows) + "\n";
  }
  void Failed(const Error& error) {
    std::lock_guard lock(mutex_);
    error_ = ": " + error.message;
  }
  /// What gates hold back, which leaves the follower ready: its tables are served, and bronze goes on.
  /// Errors: kRetry when the last successful run is older than three times `every`, and than a minute.
  Result<std::string> Check() const {
    std::lock_guard lock(mutex_);
    const int64_t age = NowMicros() - good_at_;
    if (age <= patience_.count()) return held_;
    return Fail(ErrorKind::kRetry, fmt::format("no good run for {} s{}", age / 1'000'000, error_));
  }

 private:
  static constexpr std::chrono::microseconds kPatienceMin{60'000'000};
  const std::chrono::microseconds patience_;
  mutable std::mutex mutex_;
  int64_t good_at_ = NowMicros();
  std::string error_, held_;
};

}  // namespace ingot::run
