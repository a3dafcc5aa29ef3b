// Rows of bronze to rows of silver and of quarantine: judged, freed of duplicates, written to files that no snapshot
// has yet.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "silver/step.h"
#include "stage/stage.h"

namespace ingot::silver {

struct Cleaned {
  stage::WrittenRows silver, quarantine;
  int64_t rows_in = 0, bytes_in = 0, quarantined = 0;
  std::map<std::string, int64_t> broken_by_rule;  // "parse" first among them
};

/// The new rows of bronze that the step has, into the tables that lack them. Two passes: the keys alone, by whose
/// hashes the few rows are known that may be duplicates (of each other, or of rows that silver holds in the same
/// hours), then all columns, by as many threads as the budget allows. Memory: 8 bytes a row, and the rows that may be
/// duplicates. Without the clean half its counts are missing.
Result<Cleaned> Clean(const stage::Environment& environment, const Tables& tables, const Step& step);

}  // namespace ingot::silver
