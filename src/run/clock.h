// Whether this machine's clock can be right, before what it decides: which records are from the future, and what is old
// enough to go. Witnesses are what others wrote down with their clocks. Source: docs/operations.md, "The clock".
#pragma once

#include <optional>
#include <string>

#include "stage/environment.h"

namespace ingot::run {

struct ClockOptions {
  bool trusted = false;  // nothing is checked
  std::string source;    // a URI: before there are tables, its input files say how late it is
};

/// That the clock is not behind what is known to have happened: the newest commits of the pipeline's tables, this
/// program's file and, before there are tables, the input files; two hours to a day of difference are allowed, as much
/// as the pipeline's `now+…` ranges do. Nor more than 400 days ahead of the newest commit. Errors: kRetry, with the
/// witness and what to do; none when the clock is trusted.
Status CheckClock(const stage::Environment& environment, const ClockOptions& options);

/// The same; and that it is not so far ahead of the newest of these commits that what it makes old may be young: by
/// `ahead_max_micros`. Tables that no stage writes say nothing: they may be years old.
Status CheckClockForDeleting(const stage::Environment& environment, const ClockOptions& options,
                             int64_t ahead_max_micros);

/// How far the clock may be ahead of the newest commit, and of the newest row, where rows go after `keep_micros`: half
/// of it, but three days at least and thirty at most.
int64_t AheadMaxOf(std::optional<int64_t> keep_micros);

/// Notices a clock that is set while the process runs. Not safe from several threads.
class ClockWatch {
 public:
  /// The first time, and when the clock moved otherwise than time did: as CheckClock; and kRetry when it leapt.
  Status Check(const stage::Environment& environment, const ClockOptions& options);

 private:
  std::optional<int64_t> offset_micros_;  // between the clock and the time since the machine was started
};

}  // namespace ingot::run
