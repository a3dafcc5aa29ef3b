// Judges what is unusual about the rows of a run, compared with what the file declares and with the last runs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::run {

/// Input: the report of bronze, with its sample; `runs`: ids of the runs in it, which are not earlier ones.
/// Errors: those of loading the table, whose snapshots have the reports of the last runs.
Result<std::vector<stage::Warning>> JudgeBronze(const stage::Environment& environment, const stage::StageReport& report,
                                                const std::set<std::string>& runs);

/// The same for silver. Input: `bronze`: the warnings of bronze, which are not said twice.
Result<std::vector<stage::Warning>> JudgeSilver(const stage::Environment& environment, const stage::StageReport& report,
                                                const std::set<std::string>& runs,
                                                const std::vector<stage::Warning>& bronze);

}  // namespace ingot::run
