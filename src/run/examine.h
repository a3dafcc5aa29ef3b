// The checks of `ingot doctor`: the tables, the offsets of bronze, and whether every row of bronze is accounted for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "maintain/doctor.h"
#include "maintain/scrub.h"
#include "run/open.h"

namespace ingot::run {

struct ExamineOptions {
  std::vector<std::string> tables;  // empty: all tables of the pipeline, and the rows are accounted for
  bool repair = false;
  bool scrub = false;
  /// Called for each finding, table by table.
  std::function<void(const std::string& table, const maintain::Finding&)> found;
  std::function<void(const std::string& table, const maintain::Scrubbed&)> scrubbed;
};

/// Returns true when nothing is wrong. A table that cannot be read does not prevent checks of the others. Errors:
/// kNotFound when the catalog has none of the tables.
Result<bool> ExamineTables(const OpenedPipeline& open, const ExamineOptions& options);

}  // namespace ingot::run
