// The flags --from and --to, which name days.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "stage/days.h"

namespace ingot::cli {

struct DayOptions {
  std::string from, to;

  bool Given() const { return !from.empty() || !to.empty(); }
};

/// The days; one flag alone is that day. Nothing without flags. Errors: kBadConfig for what is not a day, and for a
/// last day before the first.
Result<std::optional<stage::DaySpan>> DaysFrom(const DayOptions& options);

}  // namespace ingot::cli
