// Whether this machine's clock can be right, before what it decides: which records are from the future, and what is old
// enough to go. Witnesses are what others wrote down with their clocks. Source: docs/operations.md, "The clock".
#pragma once

#include "stage/stage.h"

namespace ingot::run {

/// That the clock is not behind what is known to have happened: the newest commits of the pipeline's tables, this
/// program's file and, before there are tables, the input files; two hours to a day of difference are allowed, as much
/// as the pipeline's `now+…` ranges do. Nor more than 400 days ahead of the newest commit. Errors: kRetry, with the
/// witness and what to do; none when the context trusts the clock.
Status CheckClock(const stage::StageContext& context);

/// The same; and that it is not so far ahead of the newest of these commits that what it makes old may be young: by
/// `ahead_max_micros`. Tables that no stage writes say nothing: they may be years old.
Status CheckClockForDeleting(const stage::StageContext& context, int64_t ahead_max_micros);

/// How far the clock may be ahead of the newest commit, and of the newest row, where rows go after `keep_micros`: half
/// of it, but three days at least and thirty at most.
int64_t AheadMaxOf(std::optional<int64_t> keep_micros);

/// Notices a clock that is set while the process runs. Not safe from several threads.
class ClockWatch {
 public:
  /// The first time, and when the clock moved otherwise than time did: as CheckClock; and kRetry when it leapt.
  Status Check(const stage::StageContext& context);

 private:
  std::optional<int64_t> offset_micros_;  // between the clock and the time since the machine was started
};

}  // namespace ingot::run
