// Converts bronze rows to rows of silver and quarantine: applies the rules, deduplicates, and writes files that are not
// in a snapshot yet.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "silver/parse_again.h"
#include "silver/step.h"
#include "stage/stage.h"

namespace ingot::silver {

struct Cleaned {
  stage::WrittenRows silver, quarantine;
  int64_t rows_in = 0, bytes_in = 0, quarantined = 0;
  std::map<std::string, int64_t> broken_by_rule;  // includes "parse"
};

/// Writes the step's new bronze rows to the tables that lack them. The first pass reads only the keys. Their hashes
/// identify the few possible duplicates, of each other or of rows that silver holds in the same hours. The second pass
/// reads all columns, with as many threads as the budget allows.
/// Input: `parser`: parses records with an `_error` again; without it they go to quarantine.
/// Output: counts of silver are missing when the step does not write silver.
/// Cost: memory of 8 bytes per row, plus the possible duplicates.
Result<Cleaned> Clean(const stage::Environment& environment, const Tables& tables, const Step& step,
                      const ParserFactory& parser = {});

}  // namespace ingot::silver
