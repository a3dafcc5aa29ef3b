#include "source/cities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace ingot::source {
namespace {

const City& Named(std::string_view name) {
  return *std::ranges::find(Cities(), name, &City::name);
}

int64_t Utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  using namespace std::chrono;
  return (sys_days(std::chrono::year(year) / month / day) + hours(hour) + minutes(minute)).time_since_epoch() /
         seconds(1);
}

// Goal:   clocks change at the correct moments.
// Method: for each rule, the last minute before and the first minute after each change, from the time zone database;
//         zones without summer time.
TEST(Cities, ClocksChange) {
  const struct {
    const char* city;
    int64_t change;
    int before, after;
  } changes[] = {{"New York", Utc(2026, 3, 8, 7), -300, -240},     {"New York", Utc(2026, 11, 1, 6), -240, -300},
                 {"Los Angeles", Utc(2025, 3, 9, 10), -480, -420}, {"London", Utc(2026, 3, 29, 1), 0, 60},
                 {"Berlin", Utc(2024, 10, 27, 1), 120, 60},        {"Nuuk", Utc(2026, 3, 29, 1), -120, -60},
                 {"Cairo", Utc(2026, 4, 23, 22), 120, 180},        {"Cairo", Utc(2026, 10, 29, 21), 180, 120},
                 {"Sydney", Utc(2026, 4, 4, 16), 660, 600},        {"Sydney", Utc(2026, 10, 3, 16), 600, 660},
                 {"Auckland", Utc(2026, 4, 4, 14), 780, 720},      {"Auckland", Utc(2026, 9, 26, 14), 720, 780}};
  for (const auto& [city, change, before, after] : changes) {
    EXPECT_EQ(OffsetMinutes(Named(city), change - 60), before) << city << " " << change;
    EXPECT_EQ(OffsetMinutes(Named(city), change), after) << city << " " << change;
  }
  for (const int64_t moment : {Utc(2026, 1, 1), Utc(2026, 7, 1), Utc(1969, 7, 20)}) {
    EXPECT_EQ(OffsetMinutes(Named("Tokyo"), moment), 540);
    EXPECT_EQ(OffsetMinutes(Named("Mumbai"), moment), 330);
  }
}

// Goal:   in every city most tests are in its evening and few in its night, whatever the start of the day.
// Method: days of winter and summer that begin at odd times; the hours of 100,000 tests by the clock of each large
//         city.
TEST(Cities, EveningsAreLocal) {
  for (const int64_t start : {Utc(2026, 1, 14, 13, 7), Utc(2026, 7, 15)}) {
    const TestDay day(start * 1'000'000);
    std::map<const City*, std::array<int, 24>> hours;
    for (int i = 0; i < 200'000; ++i) {
      const double time = day.TimeOf((i + 0.5) / 200'000);
      const auto [city, load] = day.Pick(time, double(i * 7919L % 200'000) / 200'000);
      EXPECT_TRUE(load > 0 && load <= 1);
      const int64_t utc = start + int64_t(time * 86'400);
      ++hours[city][size_t((utc + OffsetMinutes(*city, utc) * 60) % 86'400 / 3600)];
    }
    for (const City& city : Cities()) {
      if (city.weight < 15) continue;
      const auto& of = hours[&city];
      const auto busiest = std::ranges::max_element(of) - of.begin(),
                 quietest = std::ranges::min_element(of) - of.begin();
      EXPECT_TRUE(busiest >= 19 && busiest <= 21) << city.name << " " << busiest;
      EXPECT_TRUE(quietest >= 2 && quietest <= 5) << city.name << " " << quietest;
    }
  }
}

}  // namespace
}  // namespace ingot::source
