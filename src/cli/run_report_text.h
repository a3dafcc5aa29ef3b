// Prints the report of `ingot run`.
#pragma once

#include "run/run.h"

namespace ingot::cli {

/// Prints one JSON object per stage, one per line.
void PrintReportJson(const run::RunReport& report);
/// Prints a table of the stages.
void PrintReportTable(const run::RunReport& report);
/// Prints one line per run, for a follower.
void PrintReportLine(const run::RunReport& report);

}  // namespace ingot::cli
