// The third stage: the aggregates of exactly those time groups that new silver rows touched, computed anew over all of
// silver, so that late rows correct old hours.
#pragma once

#include <functional>

#include "pipeline/stage.h"

namespace ingot::gold {

/// One report per gold table of the pipeline, joined into one. `progress` is told of silver rows as they are done.
Result<pipeline::StageReport> RunGold(const pipeline::StageContext& context,
                                      const std::function<void(int64_t)>& progress);

}  // namespace ingot::gold
