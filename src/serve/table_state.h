// What there is to tell of a table without reading its files: from its metadata alone.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::serve {

struct TableState {
  std::string table;
  int64_t rows = 0, files = 0, delete_files = 0, bytes = 0;  // of the current snapshot; -1 where its summary says none
  int64_t snapshots = 0;
  int64_t last_commit_ms = 0;            // 0: no snapshot yet
  std::vector<stage::StageReport> runs;  // stage runs that committed to it, newest first
};

/// The table's state, with at most `runs_max` runs. Errors: those of loading it.
Result<TableState> StateOf(const stage::Environment& environment, const std::string& table, size_t runs_max);

/// ingot_table_* of these tables, in the place of what was there.
void MeasureTables(Metrics& metrics, const std::vector<TableState>& tables);

std::string TablesToJson(const std::vector<TableState>& tables);
/// The newest `limit` runs over all tables.
std::string RunsToJson(const std::vector<TableState>& tables, size_t limit);

}  // namespace ingot::serve
