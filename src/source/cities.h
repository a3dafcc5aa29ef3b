// The cities of generated speed tests: how much and how well each is connected, and when its people test. The clocks
// follow the rules of 2024 for every year and on every machine, so that equal seeds give equal records.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ingot::source {

/// When a city's clock is an hour ahead of its offset.
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

/// Minutes from UTC to the city's clock at that moment.
int OffsetMinutes(const City& city, int64_t utc_seconds);

/// Who tests when, in the 24 hours from a moment on: in each city few at night, most in the evening by its own clock.
class TestDay {
 public:
  explicit TestDay(int64_t start_micros);

  /// Where in the 24 hours, in [0, 1), the share `u` of their tests has happened.
  double TimeOf(double u) const;

  struct Tester {
    const City* city;
    double load;  // of its network at that time of its day, in [0, 1]
  };
  /// The city of a test at `time`, in [0, 1) of the 24 hours; `draw` is uniform in [0, 1).
  Tester Pick(double time, double draw) const;

 private:
  static constexpr size_t kParts = 96;                  // quarters of an hour: offsets are multiples of them
  std::array<double, kParts + 1> until_{};              // share of the tests before a part
  std::array<std::vector<double>, kParts> cumulative_;  // by city
  std::array<std::vector<double>, kParts> load_;
};

}  // namespace ingot::source
