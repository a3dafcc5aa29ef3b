// All distinct values of each group, for exact distinct counts.
#pragma once

#include "gold/aggregate.h"

namespace ingot::gold {

/// Creates the state of count(distinct x). Values of 16 bytes (uuid) are kept unchanged, all others as 128-bit hashes.
/// They are collected unsorted; Settle removes duplicates.
std::unique_ptr<Aggregate> MakeDistinct();

}  // namespace ingot::gold
