// A sample of the rows that would differ, before and after the change that the plan describes.
#pragma once

#include "run/plan.h"
#include "stage/sample.h"

namespace ingot::run {

/// Computes a sample of the table's rows or groups by the pipeline file: of silver with its quarantine from bronze as
/// it is now, of gold from silver as it is now. Writes nothing. Input: a table that needs a choice. Output: `unchecked`
/// says why there is no sample.
stage::Sample SampleOf(const stage::Environment& environment, const PipelinePlan& plan, const TablePlan& table);

}  // namespace ingot::run
