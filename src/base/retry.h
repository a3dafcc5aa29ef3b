// Bounded retries: exponential backoff with full jitter.
#pragma once

#include <chrono>

#include "base/result.h"

namespace ingot {

class Backoff {
 public:
  struct Options {
    int attempts_max = 8;
    std::chrono::milliseconds wait_first{20};
    std::chrono::milliseconds wait_max{2000};
  };
  Backoff() : Backoff(Options{}) {}
  explicit Backoff(Options options) : options_(options) {}

  /// Sleeps before the next attempt. Returns false at once when all attempts are used.
  bool Wait();
  int attempts() const { return attempts_; }

 private:
  Options options_;
  int attempts_ = 1;
};

}  // namespace ingot
