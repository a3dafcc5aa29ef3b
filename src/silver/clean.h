// Converts bronze rows to rows of silver and quarantine: applies the rules, deduplicates, and writes files that are not
// in a snapshot yet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "silver/changed_rows.h"
#include "silver/parse_again.h"
#include "silver/step.h"
#include "stage/days.h"
#include "stage/stage.h"

namespace ingot::silver {

struct Cleaned {
  stage::WrittenRows silver, quarantine;
  int64_t rows_in = 0, bytes_in = 0, quarantined = 0;
  int64_t came_up = 0;  // of rows_in: rows of bronze that were consumed before, whose key is free again
  std::map<std::string, int64_t> broken_by_rule;  // includes "parse"
  /// The rows to delete from both tables, whose new versions are in the files; nullptr if none are.
  std::shared_ptr<const ChangedRows> changed;
  std::shared_ptr<SourcePositions>
      beaten;  // rows of silver that changed rows of lower positions replace; with `changed`
};

struct CleanOptions {
  ParserFactory parser = {};             // parses records with an `_error` again; without it they go to quarantine
  std::optional<stage::Days> days = {};  // only rows of these days; with a parser, after it
};

/// Writes the step's new bronze rows to the tables that lack them. The first pass reads only the keys. Their hashes
/// identify the few possible duplicates, of each other or of rows that silver holds in the same hours. The second pass
/// reads all columns, with as many threads as the budget allows.
/// If silver follows deletes, the keys of rows that will be deleted from silver are free again: of the other rows of
/// bronze with such a key, the one with the lowest source position comes up. That reads all of bronze.
/// Output: counts of silver are missing when the step does not write silver.
/// Cost: memory of 8 bytes per row, plus the possible duplicates.
Result<Cleaned> Clean(const stage::Environment& environment, const Tables& tables, const Step& step,
                      const CleanOptions& options = {});

}  // namespace ingot::silver
