// All values of each group, for exact quantiles.
#pragma once

#include "gold/aggregate.h"

namespace ingot::gold {

/// For quantile(x, q): values are kept as they come; Settle sorts them and counts equal ones, so that a group that is
/// asked again and again costs its distinct values, not its rows. Between two values it interpolates (Hyndman and Fan
/// 1996, type 7); NaN is beyond all numbers.
std::unique_ptr<Aggregate> MakeQuantile();

}  // namespace ingot::gold
