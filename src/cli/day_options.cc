#include "cli/day_options.h"

#include "cli/commands.h"

namespace ingot::cli {

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
