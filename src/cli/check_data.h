// Where the data of a pipeline stands, and whether Trino sees it: what `ingot check` says beside the configuration.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::cli {

struct Finding {
  std::string what;            // a table, or a server
  Result<std::string> detail;  // how it stands, or what is wrong and what to do
};

/// What waits before each table of the pipeline. Something is wrong when it has waited for longer than `late_micros`,
/// when a stage does not find its place, or when the last commits of silver kept no row.
std::vector<Finding> ExamineData(const run::OpenPlace& open, int64_t late_micros);

/// Whether the coordinator answers, and shows the gold tables that are in the catalog.
Finding ExamineTrino(const run::OpenPlace& open, const std::string& url);

}  // namespace ingot::cli
