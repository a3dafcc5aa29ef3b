// All distinct values of each group, for exact counts of them.
#pragma once

#include "gold/aggregate.h"

namespace ingot::gold {

/// For count(distinct x): values of 16 bytes (uuid) are kept as they are, all others as 128 bits of hash. They are
/// gathered as they come; Settle keeps one of each.
std::unique_ptr<Aggregate> MakeDistinct();

}  // namespace ingot::gold
