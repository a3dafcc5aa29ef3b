// What a table has had since a consumer saw it: rows that were appended; and, where other engines deleted or overwrote
// rows meanwhile, the difference of two states by their files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rows/scan.h"
#include "stage/marks.h"

namespace ingot::stage {

struct Changes {
  std::optional<iceberg::SnapshotId> since, until;  // after the one, up to and including the other; of main
  /// The snapshots between them that appended, oldest first. All that happened, unless:
  std::vector<const iceberg::Snapshot*> appends;
  /// Rows were deleted or overwritten, or the first snapshots have expired: what is there at `until` counts.
  bool rewritten = false;
  std::string rewriter;  // that snapshot and its operation, in words
  /// All rows of `since` are there at `until`: none was rewritten, and none was removed because of its age.
  bool only_added = true;

  bool Empty() const { return appends.empty() && !rewritten; }
  int64_t AddedRows() const;
};

/// Rewrites of files by compaction, and rows that had reached their age (maintain/retention.h), are no changes.
/// `until`: the current snapshot by default. Errors: kCorrupt when what was consumed is of another table (one that was
/// dropped and made anew) or is not in the history any more (rolled back, replaced or expired).
Result<Changes> ChangesSince(const iceberg::TableMetadata& metadata, const Mark& consumed, const std::string& table,
                             std::optional<iceberg::SnapshotId> until = {});

/// Files with the rows that came. Where rows were rewritten, the live rows of `until` in files that `since` did not
/// have, deletes applied: such files may hold rows that `since` had, too (PlanRemoved). `filter` prunes files.
Result<rows::ScanPlan> PlanAdded(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                 const Changes& changes, const std::vector<std::string>& columns,
                                 const iceberg::Filter& filter = {});

/// Where rows were rewritten, the live rows of `since` in files that `until` does not have, or has with other deletes;
/// else nothing.
Result<rows::ScanPlan> PlanRemoved(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                   const Changes& changes, const std::vector<std::string>& columns,
                                   const iceberg::Filter& filter = {});

/// The last snapshot of main, or one that has expired, by which rows that were there went (no compaction, no retention,
/// nothing that a stage did), in words; empty when there is none.
std::string RowsDeletedBy(const iceberg::TableMetadata& metadata);
/// Where it is kept, among the properties, once that snapshot expires.
inline constexpr const char* kRowsDeletedKey = "ingot.rows-deleted-by";

}  // namespace ingot::stage
