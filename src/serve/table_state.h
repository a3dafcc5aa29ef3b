// The state of a table as monitoring shows it, read from table metadata alone.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "stage/environment.h"
#include "stage/report.h"

namespace ingot::serve {

struct TableState {
  std::string table;
  int64_t rows = 0, files = 0, delete_files = 0, bytes = 0;  // of the current snapshot; -1 if its summary lacks it
  int64_t snapshots = 0;
  int64_t last_commit_ms = 0;            // 0: no snapshot yet
  std::vector<stage::StageReport> runs;  // runs that committed to the table, newest first
};

/// Loads the state of a table, with at most `runs_max` runs. Errors: those of loading the table.
Result<TableState> StateOf(const stage::Environment& environment, const std::string& table, size_t runs_max);

/// Replaces the values of the metrics ingot_table_* by those of these tables.
void MeasureTables(Metrics& metrics, const std::vector<TableState>& tables);

/// A JSON array with one object per table.
std::string TablesToJson(const std::vector<TableState>& tables);
/// A JSON array of the newest `limit` runs over all tables, newest first.
std::string RunsToJson(const std::vector<TableState>& tables, size_t limit);

}  // namespace ingot::serve
