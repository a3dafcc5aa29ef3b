// Erases rows from the history of a table: snapshots, branches and tags that reach such rows, the files that only they
// need, and former versions of the metadata that name them.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "maintain/expire.h"
#include "maintain/stored_rows.h"

namespace ingot::maintain {

/// The snapshots that reach erased rows: a file that stores one, live or only listed as deleted, or a summary.
struct ErasedHistory {
  std::set<iceberg::SnapshotId> snapshots;
  std::vector<std::string> refs;  // branches and tags to them, except main
  int64_t files = 0;              // data and delete files that store such rows
  bool current = false;           // the current snapshot is among them
};

struct HistoryOptions {
  EraseSearch search;
  std::set<iceberg::SnapshotId> consumed = {};  // up to which consumers have read the table: they must not go
  bool all_but_current = false;                 // regards every snapshot but the current one as reaching erased rows
  int threads = 2;
  std::function<void(int64_t)> progress = [](int64_t) {};  // rows read since the last call
};

Result<ErasedHistory> FindErasedHistory(const iceberg::Table& table, const HistoryOptions& options);

struct HistoryErased {
  int64_t snapshots = 0, files = 0, versions = 0;  // removed; versions of the metadata
  std::vector<std::string> refs;                   // dropped
};

/// Expires the snapshots, drops the branches and tags to them, and deletes the files that only they need. An
/// interrupted call is completed by the next one. Errors: kConflict if the current snapshot reaches such rows, or one
/// that a consumer needs to proceed.
Result<HistoryErased> EraseHistory(const iceberg::TableHome& home, const HistoryOptions& options,
                                   const std::function<bool(const std::string&)>& belongs_to_other_table,
                                   const KeepSummaries& keep);

}  // namespace ingot::maintain
