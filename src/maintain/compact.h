// Compaction: small files, files with deletes and files of old partition specs are written anew, as few large ones.
// Source: Iceberg specification, "Snapshots" (operation replace), "Sequence Numbers", "Row-level Deletes".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/compact_plan.h"

namespace ingot::maintain {

struct CompactOptions {
  CompactPolicy policy;
  std::vector<iceberg::SortColumn> sort_by;     // the table's sort order when empty, else the order of the files
  int64_t bytes_per_commit = int64_t(4) << 30;  // what is done is committed as often
  int64_t memory_bytes = int64_t(512) << 20;
  int threads = 2;
  bool dry_run = false;
  std::function<void(int64_t)> progress = [](int64_t) {};   // rows written since it was called last
  std::function<bool()> stop_asked = [] { return false; };  // ends after the bins that are under way
};

struct Compacted {
  int64_t bins = 0, files_in = 0, files_out = 0, bytes_in = 0, bytes_out = 0, rows = 0;
  int64_t deletes_removed = 0;  // delete files that apply to nothing any more
  int64_t commits = 0;
  int64_t bins_dropped = 0;  // another commit removed or changed their files meanwhile
};

/// Safe beside every other writer: it waits for nobody, and where it loses to a commit that changed the same files, its
/// work is dropped. Errors: those of reading, writing and committing; what was committed before stays.
Result<Compacted> CompactTable(const iceberg::TableHome& home, const CompactOptions& options);

/// What compaction would do with a table of that plan: nothing is read again. Errors: kCorrupt for a file that is named
/// twice.
Result<Compacted> ForeseeCompaction(const iceberg::Table& table, const rows::ScanPlan& plan,
                                    const CompactPolicy& policy);

/// The policy that the table's write.* properties ask for.
CompactPolicy PolicyOf(const iceberg::TableMetadata& metadata);

}  // namespace ingot::maintain
