#include "source/cities.h"

#include <algorithm>
#include <chrono>

namespace ingot::source {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr City kCities[] = {{"New York", 100, 210, 12, -300, SummerTime::kNorthAmerica},
                            {"London", 82, 140, 14, 0, SummerTime::kEurope},
                            {"Tokyo", 76, 260, 9, 540},
                            {"São Paulo", 61, 110, 22, -180},
                            {"Mumbai", 58, 62, 31, 330},
                            {"Los Angeles", 52, 190, 15, -480, SummerTime::kNorthAmerica},
                            {"Paris", 45, 230, 11, 60, SummerTime::kEurope},
                            {"Seoul", 41, 310, 7, 540},
                            {"Berlin", 36, 120, 17, 60, SummerTime::kEurope},
                            {"Mexico City", 33, 70, 28, -360},
                            {"Chicago", 30, 200, 14, -360, SummerTime::kNorthAmerica},
                            {"Jakarta", 28, 38, 36, 420},
                            {"Lagos", 24, 22, 58, 60},
                            {"Sydney", 22, 90, 19, 600, SummerTime::kAustralia},
                            {"Toronto", 20, 170, 13, -300, SummerTime::kNorthAmerica},
                            {"Cairo", 18, 41, 42, 120, SummerTime::kEgypt},
                            {"Istanbul", 17, 48, 29, 180},
                            {"Madrid", 16, 220, 12, 60, SummerTime::kEurope},
                            {"Singapore", 15, 280, 6, 480},
                            {"Nairobi", 13, 28, 49, 180},
                            {"Buenos Aires", 12, 75, 24, -180},
                            {"Warsaw", 11, 150, 16, 60, SummerTime::kEurope},
                            {"Stockholm", 10, 240, 8, 60, SummerTime::kEurope},
                            {"Zürich", 9, 270, 7, 60, SummerTime::kEurope},
                            {"Dublin", 8, 160, 13, 0, SummerTime::kEurope},
                            {"Auckland", 7, 180, 17, 720, SummerTime::kNewZealand},
                            {"Reykjavík", 5, 250, 21, 0},
                            {"La Paz", 4, 18, 72, -240},
                            {"Nuuk", 2, 30, 88, -120, SummerTime::kEurope},
                            {"Longyearbyen", 1, 95, 64, 60, SummerTime::kEurope}};

/// Relative numbers of tests by hour of the local day.
constexpr double kHourly[24] = {18, 12, 9,  7,  6,  8,  14, 24, 34, 40, 43, 46,
                                48, 47, 46, 48, 54, 64, 78, 90, 95, 86, 62, 36};
constexpr double kBusiest = 95;

constexpr int64_t kDaySeconds = 86'400;

/// The first and the last moment of summer time in a year. South of the equator it ends before it begins.
struct Summer {
  sys_seconds begin, end;
};

Summer SummerOf(SummerTime rule, year y, minutes offset) {
  using namespace std::chrono;  // March, Sunday
  const auto last = [&](month m, weekday day) { return sys_days(year_month_weekday_last(y, m, weekday_last(day))); };
  const auto nth = [&](month m, weekday day, unsigned n) { return sys_days(year_month_weekday(y, m, day[n])); };
  switch (rule) {
    case SummerTime::kNone:
      break;
    case SummerTime::kEurope:
      return {last(March, Sunday) + 1h, last(October, Sunday) + 1h};
    case SummerTime::kNorthAmerica:
      return {nth(March, Sunday, 2) + 2h - offset, nth(November, Sunday, 1) + 1h - offset};
    case SummerTime::kEgypt:
      return {last(April, Friday) - offset, last(October, Thursday) + 23h - offset};
    case SummerTime::kAustralia:
      return {nth(October, Sunday, 1) + 2h - offset, nth(April, Sunday, 1) + 2h - offset};
    case SummerTime::kNewZealand:
      return {last(September, Sunday) + 2h - offset, nth(April, Sunday, 1) + 2h - offset};
  }
  return {};
}

}  // namespace

std::span<const City> Cities() {
  return kCities;
}

int OffsetMinutes(const City& city, int64_t utc_seconds) {
  if (city.summer == SummerTime::kNone) return city.offset_minutes;
  const minutes offset(city.offset_minutes);
  const sys_seconds now{seconds(utc_seconds)};
  // No rule changes the clock within days of New Year.
  const year y = std::chrono::year_month_day(std::chrono::floor<days>(now)).year();
  const auto [begin, end] = SummerOf(city.summer, y, offset);
  const bool summer = begin < end ? begin <= now && now < end : begin <= now || now < end;
  return city.offset_minutes + (summer ? 60 : 0);
}

TestDay::TestDay(int64_t start_micros) {
  for (size_t part = 0; part < kParts; ++part) {
    const int64_t middle = start_micros / 1'000'000 + (2 * int64_t(part) + 1) * kDaySeconds / (2 * int64_t(kParts));
    double sum = 0;
    for (const City& city : kCities) {
      const int64_t local = middle + int64_t(OffsetMinutes(city, middle)) * 60;
      const double tests = kHourly[size_t((local % kDaySeconds + kDaySeconds) % kDaySeconds / 3600)];
      sum += city.weight * tests;
      cumulative_[part].push_back(sum);
      load_[part].push_back(tests / kBusiest);
    }
    until_[part + 1] = until_[part] + sum;
  }
  for (double& share : until_) share /= until_[kParts];
}

double TestDay::TimeOf(double u) const {
  const size_t part = size_t(std::upper_bound(until_.begin(), until_.end() - 1, u) - until_.begin()) - 1;
  return (double(part) + (u - until_[part]) / (until_[part + 1] - until_[part])) / double(kParts);
}

TestDay::Tester TestDay::Pick(double time, double draw) const {
  const size_t part = std::min(kParts - 1, size_t(time * double(kParts)));
  const std::vector<double>& sums = cumulative_[part];
  const size_t city = size_t(std::upper_bound(sums.begin(), sums.end() - 1, draw * sums.back()) - sums.begin());
  return {&kCities[city], load_[part][city]};
}

}  // namespace ingot::source
