#include "base/clock.h"

#include <fmt/format.h>

namespace ingot {

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(static_cast<int>(year)) / std::chrono::month(month) /
                               std::chrono::day(day))
      .time_since_epoch()
      .count();
}

CivilDate CivilFromDays(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return {int(date.year()), unsigned(date.month()), unsigned(date.day())};
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
