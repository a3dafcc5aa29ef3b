// Verifies from the rows themselves, without counters, that no bronze row consumed by silver is lost. Each row must be
// in silver, in quarantine, or a duplicate whose key silver has. Source: docs/maintenance.md, "Doctor".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::silver {

struct Account {
  int64_t rows = 0;                   // of bronze, up to the snapshot that silver has consumed
  int64_t unidentified = 0;           // rows without a source position: not checked
  int64_t missing = 0;                // rows in neither table whose keys are not in silver
  int64_t duplicated = 0;             // excess occurrences of positions in silver and quarantine together
  std::vector<std::string> examples;  // missing rows: topic, partition, offset
  std::string deleted_by;             // the last deletion of rows in silver or quarantine; empty without one
};

/// Checks all rows except those that retention removed from silver. `progress` gets the number of rows as they are
/// read.
/// Errors: kNotFound when a table does not exist, or when the bronze snapshot that silver has consumed has expired.
/// Cost: memory of a quarter of the budget; more rows need more passes over the tables.
Result<Account> AccountForRows(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                               const std::function<void(int64_t)>& progress);

}  // namespace ingot::silver
