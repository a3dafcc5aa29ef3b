// Compaction: rewrites small files, files with deletes and files of old partition specs as few large ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/compact_plan.h"

namespace ingot::maintain {

struct CompactOptions {
  CompactPolicy policy;
  std::vector<iceberg::SortColumn> sort_by;     // default: the table's sort order; without one, file order
  int64_t bytes_per_commit = int64_t(4) << 30;  // commits each time as many bytes were rewritten
  int64_t memory_bytes = int64_t(512) << 20;
  int threads = 2;
  bool dry_run = false;
  std::function<void(int64_t)> progress = [](int64_t) {};       // rows written since the last call
  std::function<bool()> stop_requested = [] { return false; };  // stops after the current bins
};

struct Compacted {
  int64_t bins = 0, files_in = 0, files_out = 0, bytes_in = 0, bytes_out = 0, rows = 0;
  int64_t deletes_removed = 0;  // delete files that no longer apply to any data file
  int64_t commits = 0;
  int64_t bins_dropped = 0;  // another commit removed or changed their files
};

/// Runs concurrently with all other writers without blocking them. If another commit changed the same files, the
/// rewritten files are dropped. Errors: those of reading, writing and committing; earlier commits of the run stay.
Result<Compacted> CompactTable(const iceberg::TableHome& home, const CompactOptions& options);

/// Estimates what compaction would do, from a plan of the whole table, without reading files. Errors: kCorrupt for a
/// file that the table references twice.
Result<Compacted> EstimateCompaction(const iceberg::Table& table, const rows::ScanPlan& plan,
                                     const CompactPolicy& policy);

/// The policy from the table's write.* properties.
CompactPolicy PolicyOf(const iceberg::TableMetadata& metadata);

}  // namespace ingot::maintain
