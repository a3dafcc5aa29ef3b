// What a statement asks of the rows that it scans, read from the engine's own plan of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ingot::sql {

/// One scan of a table function.
struct ScanCondition {
  std::string function;   // in lower case
  std::string condition;  // that rows must meet to be looked at further, in the engine's SQL; empty: none
};

/// The scans of a plan as EXPLAIN (FORMAT json) writes it. Nothing when the plan may not show all of them.
std::optional<std::vector<ScanCondition>> ScanConditions(const std::string& plan);

}  // namespace ingot::sql
