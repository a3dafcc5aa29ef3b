// What `ingot check` examines: that storage and catalog can be used, where the data of a pipeline stands, and whether
// Trino sees it.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct Checked {
  std::string what;            // a table, or a server
  Result<std::string> detail;  // how it stands, or what is wrong and what to do
};

/// That a file can be written to the warehouse, read and deleted. Creates no warehouse.
Checked ExamineStorage(const std::string& warehouse);

/// That every table of the catalog can be loaded.
Checked ExamineCatalog(const OpenOptions& open_options);

/// What waits before each table of the pipeline. Something is wrong when it has waited for longer than `late_micros`,
/// when a stage does not find its place, or when the last commits of silver kept no row.
std::vector<Checked> ExamineData(const OpenedPipeline& open, int64_t late_micros);

/// Whether the coordinator answers, and shows the gold tables that are in the catalog.
Checked ExamineTrino(const OpenedPipeline& open, const std::string& url);

}  // namespace ingot::run
