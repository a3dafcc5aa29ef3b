// Whether every row of bronze that silver has consumed is somewhere, told by the rows themselves and by no counter: in
// silver, in quarantine, or as a duplicate whose key silver has. Source: docs/maintenance.md, "Doctor".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stage/stage.h"

namespace ingot::silver {

struct Account {
  int64_t rows = 0;                   // of bronze, up to the snapshot that silver has consumed
  int64_t unidentified = 0;           // of those without a position in the source: not looked for
  int64_t missing = 0;                // in neither table, and their keys are not in silver
  int64_t duplicated = 0;             // positions that silver and quarantine together hold once too often
  std::vector<std::string> examples;  // of missing rows: topic, partition, offset
  std::string deleted_by;             // the last deletion of rows in silver or quarantine; empty when there was none
};

/// Rows that retention took out of silver are left out. Memory: a quarter of the budget; more rows take more passes
/// over the tables. `progress` is told of rows as they are read. Errors: kNotFound when one of the tables does not
/// exist, or the snapshot of bronze that silver has consumed has expired.
Result<Account> AccountForRows(const stage::Environment& environment, const pipeline::SilverSpec& spec,
                               const std::function<void(int64_t)>& progress);

}  // namespace ingot::silver
