// Wall-clock time in microseconds since the epoch, as tables store it; durations; calendar dates; a stopwatch.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot {

inline constexpr int64_t kMicrosPerSecond = 1'000'000, kMicrosPerHour = 3600 * kMicrosPerSecond,
                         kMicrosPerDay = 24 * kMicrosPerHour;

/// Microseconds since 1970-01-01T00:00:00Z.
int64_t NowMicros();

/// "2024-07-19T18:40:00.000000Z".
std::string FormatTimestampMicros(int64_t micros);

/// Parses "90d", "12h", "30m", "10s" or "500ms" into microseconds. Errors: kBadConfig.
Result<int64_t> ParseDuration(std::string_view text);

/// Days since 1970-01-01 of a civil date (proleptic Gregorian). Cost: O(1).
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day);

struct CivilDate {
  int64_t year;
  unsigned month;
  unsigned day;
};
CivilDate CivilFromDays(int64_t days);

class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ingot
