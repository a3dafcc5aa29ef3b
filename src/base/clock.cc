#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>

namespace ingot {

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
  return number * factor;
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
