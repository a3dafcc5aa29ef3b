// The cities of generated speed tests: their weights, connection quality and test times.
// The clocks follow the rules of 2024 in every year and on every machine, so that equal seeds give equal records.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ingot::source {

/// The rule by which a city's clock is one hour ahead of its winter offset.
enum class SummerTime { kNone, kEurope, kNorthAmerica, kEgypt, kAustralia, kNewZealand };

struct City {
  std::string_view name;
  int weight;          // share of tests
  double speed;        // median download, Mbit/s
  double latency;      // median, ms
  int offset_minutes;  // from UTC to the clock in winter
  SummerTime summer = SummerTime::kNone;
};
std::span<const City> Cities();

/// Returns the minutes from UTC to the city's clock at `utc_seconds`.
int OffsetMinutes(const City& city, int64_t utc_seconds);

/// The distribution of tests over the cities in the 24 hours from a start time. In each city few tests run at night and
/// most in the evening, by the local clock.
class TestDay {
 public:
  explicit TestDay(int64_t start_micros);

  /// Returns the time in the 24 hours, in [0, 1), by which the share `u` of all tests has run.
  double TimeOf(double u) const;

  struct Tester {
    const City* city;
    double load;  // of its network at that time of day, in [0, 1]
  };
  /// Picks the city of a test at `time`, in [0, 1) of the 24 hours. `draw` is uniform in [0, 1).
  Tester Pick(double time, double draw) const;

 private:
  static constexpr size_t kParts = 96;                  // quarters of an hour: all offsets are multiples of them
  std::array<double, kParts + 1> until_{};              // share of the tests before each part
  std::array<std::vector<double>, kParts> cumulative_;  // by city
  std::array<std::vector<double>, kParts> load_;
};

}  // namespace ingot::source
