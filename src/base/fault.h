// Named points at which a test may kill, stop or fail this process: INGOT_FAULT="point[:hit][=kill|stop|fail|unknown]".
// Costs one relaxed load when the variable is not set.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ingot {

/// Does what INGOT_FAULT asks for at `point`. `fail` returns kRetry, `unknown` returns kOutcomeUnknown.
/// With INGOT_FAULT_TRACE=1 each point that is passed is printed to stderr, so that a test can list them.
Status FaultPoint(std::string_view point);

}  // namespace ingot
