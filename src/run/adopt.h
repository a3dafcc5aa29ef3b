// Whether the pipeline file gives the rows of a table that an earlier version made, by recomputing a sample of them.
#pragma once

#include <string>

#include "run/plan.h"

namespace ingot::run {

/// Recomputes a sample of the table's rows from its source. Returns how they differ; empty if they agree.
Result<std::string> SampleDiffers(const stage::Environment& environment, const TablePlan& table);

}  // namespace ingot::run
