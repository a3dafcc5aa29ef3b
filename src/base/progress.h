// One progress line on stderr for long work: drawn on a terminal, silent in a pipe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace ingot {

class Progress {
 public:
  /// `total` in the units of Add(); 0 when it is not known. `unit` is a plural noun, e.g. "records".
  Progress(std::string title, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Counts `amount` more done; redraws at most ten times a second. Safe from every thread.
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

/// "1.2 k", "3.4 M": three digits that matter.
std::string HumanCount(double value);
/// "1.2 MB", decimal units.
std::string HumanBytes(double bytes);

}  // namespace ingot
