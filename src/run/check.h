// The checks of `ingot check`: storage and catalog are usable, data is up to date, and Trino sees the tables.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct Checked {
  std::string what;            // a table or a server
  Result<std::string> detail;  // the state, or what is wrong and what to do
  bool held = false;           // wrong because a quality gate holds rows back
};

/// Checks that a file can be written to the warehouse, read and deleted. Does not create a warehouse.
Checked ExamineStorage(const std::string& warehouse);

/// Checks that every table of the catalog can be loaded.
Checked ExamineCatalog(const OpenOptions& open_options);

/// Returns what waits to be processed before each table of the pipeline. An item is an error when data has waited
/// longer than `late_micros`. It is also an error when a stage does not find its last consumed snapshot, the last
/// commits of silver kept no row, or a quality gate holds rows back.
std::vector<Checked> ExamineData(const OpenedPipeline& open, int64_t late_micros);

/// Compares the pipeline file with the tables. Errors: kPendingChange if a decision about existing rows is missing.
Checked ExaminePlan(const OpenedPipeline& open);

/// Checks that the coordinator answers and lists the gold tables of the catalog.
Checked ExamineTrino(const OpenedPipeline& open, const std::string& url);

}  // namespace ingot::run
