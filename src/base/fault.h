// Named points at which a test may kill, stop or fail this process: INGOT_FAULT="point[:hit][=kill|stop|fail|unknown]".
// Costs one comparison per call when the variable is not set.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ingot {

/// Performs the action of INGOT_FAULT if it names `point`. `fail` returns kRetry, `unknown` returns kOutcomeUnknown.
/// INGOT_FAULT_TRACE=1 prints each point to stderr as it is reached, so that a test can list them.
Status FaultPoint(std::string_view point);

}  // namespace ingot
