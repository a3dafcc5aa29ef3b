#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>

namespace ingot {
namespace {

constexpr int64_t kDaysPerEra = 146'097, kDaysTo1970 = 719'468;  // from 0000-03-01

}  // namespace

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<int64_t> ParseDuration(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, size_t(text.data() + text.size() - end));
  const int64_t factor = unit == "d"    ? kMicrosPerDay
                         : unit == "h"  ? kMicrosPerHour
                         : unit == "m"  ? 60 * kMicrosPerSecond
                         : unit == "s"  ? kMicrosPerSecond
                         : unit == "ms" ? 1000
                                        : 0;
  if (error != std::errc() || factor == 0 || number < 0)
    return Fail(ErrorKind::kBadConfig,
                "not a duration: '" + std::string(text) + "' (write 90d, 12h, 30m, 10s or 500ms)");
  int64_t micros = 0;
  if (__builtin_mul_overflow(number, factor, &micros))
    return Fail(ErrorKind::kBadConfig, "duration too long: '" + std::string(text) + "' (write at most 106751991d)");
  return micros;
}

// std::chrono::year has only 16 bits, but a 32-bit count of days since 1970 reaches the year 5,881,580. Both functions
// count in eras of 400 years that begin on 1 March of year 0, so that the leap day is the last day of its year.
// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * kDaysPerEra + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysTo1970;
}

CivilDate CivilFromDays(int64_t days) {
  days += kDaysTo1970;
  const int64_t era = (days >= 0 ? days : days - (kDaysPerEra - 1)) / kDaysPerEra;
  const int64_t day_of_era = days - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / (kDaysPerEra - 1)) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;  // 0 is March
  return {.year = year_of_era + era * 400 + (month >= 10),
          .month = unsigned(month < 10 ? month + 3 : month - 9),
          .day = unsigned(day_of_year - (153 * month + 2) / 5 + 1)};
}

std::string FormatTimestampMicros(int64_t micros) {
  int64_t days = micros / kMicrosPerDay, rest = micros % kMicrosPerDay;
  if (rest < 0) rest += kMicrosPerDay, --days;
  const CivilDate date = CivilFromDays(days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", date.year, date.month, date.day,
                     rest / kMicrosPerHour, rest / (60 * kMicrosPerSecond) % 60, rest / kMicrosPerSecond % 60,
                     rest % kMicrosPerSecond);
}

}  // namespace ingot
