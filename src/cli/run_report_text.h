// What `ingot run` prints of a run.
#pragma once

#include "run/run.h"

namespace ingot::cli {

/// An object a line for each stage.
void PrintReportJson(const run::RunReport& report);
/// A table of the stages.
void PrintReportTable(const run::RunReport& report);
/// One line, of a follower.
void PrintReportLine(const run::RunReport& report);

}  // namespace ingot::cli
