// All values of each group, for exact quantiles.
#pragma once

#include "gold/aggregate.h"

namespace ingot::gold {

/// Creates the state of quantile(x, q). Values are collected unsorted. Settle sorts them and counts equal ones, so that
/// repeated queries of a group cost its distinct values, not its rows. Quantiles are interpolated between two values
/// (Hyndman and Fan 1996, type 7). NaN is greater than all numbers.
std::unique_ptr<Aggregate> MakeQuantile();

}  // namespace ingot::gold
