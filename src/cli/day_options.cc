#include "cli/day_options.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"

namespace ingot::cli {
namespace {

/// Returns the days since 1970-01-01.
Result<int32_t> ParseDay(const char* flag, const std::string& text) {
  int year = 0, month = 0, day = 0, used = 0;
  const bool shaped = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 &&
                      size_t(used) == text.size() && text.size() == 10 && month >= 1 && month <= 12 && day >= 1;
  const int64_t days = shaped ? DaysFromCivil(year, unsigned(month), unsigned(day)) : 0;
  if (shaped && CivilFromDays(days).day == unsigned(day)) return int32_t(days);
  return Fail(ErrorKind::kBadConfig, fmt::format("{}: not a day: '{}' (write 2024-07-19)", flag, text));
}

}  // namespace

Result<std::optional<stage::DaySpan>> DaysFrom(const DayOptions& options) {
  if (!options.Given()) return std::optional<stage::DaySpan>();
  stage::DaySpan days;
  if (!options.from.empty()) {
    INGOT_ASSIGN(days.from, ParseDay("--from", options.from));
    days.to = days.from;
  }
  if (!options.to.empty()) {
    INGOT_ASSIGN(days.to, ParseDay("--to", options.to));
    if (options.from.empty()) days.from = days.to;
  }
  if (days.to < days.from) return Fail(ErrorKind::kBadConfig, "--to: before --from");
  return days;
}

}  // namespace ingot::cli
