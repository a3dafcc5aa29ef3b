// Extracts the filter conditions of table scans from DuckDB's query plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ingot::sql {

/// One scan of a table function.
struct ScanCondition {
  std::string function;   // in lower case
  std::string condition;  // rows that do not match it are not needed, in DuckDB's SQL; empty: none
};

/// The scans in the output of EXPLAIN (FORMAT json). Returns nullopt when the plan may not show all scans.
std::optional<std::vector<ScanCondition>> ScanConditions(const std::string& plan);

}  // namespace ingot::sql
