// What `ingot doctor` examines: the tables, the offsets of bronze, and that every row of bronze is accounted for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "maintain/doctor.h"
#include "maintain/scrub.h"
#include "run/open.h"

namespace ingot::run {

struct ExamineOptions {
  std::vector<std::string> tables;  // all of the pipeline when empty; then the rows are accounted for, too
  bool repair = false;
  bool scrub = false;
  /// Told of what is found, table by table.
  std::function<void(const std::string& table, const maintain::Finding&)> found;
  std::function<void(const std::string& table, const maintain::Scrubbed&)> scrubbed;
};

/// Returns whether nothing is wrong. A table that cannot be read does not keep the others from being examined.
/// Errors: kNotFound when the catalog has none of the tables.
Result<bool> ExamineTables(const OpenedPipeline& open, const ExamineOptions& options);

}  // namespace ingot::run
