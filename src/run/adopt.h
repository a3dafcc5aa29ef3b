// Whether the pipeline file gives the rows of a table that an earlier version made, by recomputing a sample of them.
#pragma once

#include "run/plan.h"

namespace ingot::run {

/// Recomputes a sample of the rows of each table that has no definition (Need::kAdopt). If the sample differs, the
/// table gets a difference that says how, and needs a choice.
Status DecideAdoptions(const stage::Environment& environment, PipelinePlan& plan);

}  // namespace ingot::run
