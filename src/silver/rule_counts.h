// Counts the broken rules of bronze rows that silver has not consumed, with a few of the broken rows.
#pragma once

#include <map>
#include <string>

#include "silver/step.h"
#include "stage/held_rows.h"

namespace ingot::silver {

struct CountedRows {
  stage::RuleCounts counts;
  /// A few broken rows by rule: JSON objects with the position in the source and the fields that the rule reads.
  std::map<std::string, std::vector<std::string>> samples;

  void Add(CountedRows other);
};

/// Reads only the columns that the rules need. Cost: memory of one batch per thread.
Result<CountedRows> CountBrokenRows(const stage::Environment& environment, const Tables& tables,
                                    const stage::Changes& changes);

}  // namespace ingot::silver
