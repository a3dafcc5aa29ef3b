// A progress line on stderr for long work: drawn on a terminal, silent when stderr is not one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace ingot {

class ProgressLine {
 public:
  /// `total` is in the units of Add(), 0 when unknown. `unit` is a plural noun, e.g. "records".
  ProgressLine(std::string title, int64_t total, std::string unit);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Adds `amount` to what is done; redraws at most ten times a second. Thread-safe.
  void Add(int64_t amount);

 private:
  void Draw();
  const std::string title_;
  const int64_t total_;
  const std::string unit_;
  const bool visible_;
  Stopwatch watch_;
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> drawn_tenths_{-1};
};

/// "1.20 k", "34.5 M": three significant digits.
std::string HumanCount(double value);
/// "1.20 MB": three significant digits, decimal units.
std::string HumanBytes(double bytes);

}  // namespace ingot
