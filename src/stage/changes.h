// The changes of a table since a consumer read it: the rows that were appended. If other engines deleted or overwrote
// rows in the meantime, the changes are the difference between the files of two snapshots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rows/scan.h"
#include "stage/marks.h"

namespace ingot::stage {

struct Changes {
  std::optional<iceberg::SnapshotId> since, until;  // on main; `since` is excluded, `until` is included
  /// The state that `until` is compared with when rows were rewritten: `since`, or the retention or compaction that
  /// followed it immediately.
  std::optional<iceberg::SnapshotId> compared_with;
  /// The snapshots between them that appended, oldest first. These are all changes, unless `rewritten` is true.
  std::vector<const iceberg::Snapshot*> appends;
  /// Rows were deleted or overwritten, or the first snapshots have expired. The rows of `until` count.
  bool rewritten = false;
  std::string rewriter;  // the last rewriting snapshot up to the end and its operation, as text; empty without one
  /// The sequence numbers of the commits that rewrote rows, and of the appends immediately after one: PyIceberg
  /// overwrites by a delete and an append.
  std::vector<iceberg::SequenceNumber> rewrites;
  /// Later changes exist. Changes with rewritten rows end before a snapshot of retention: a comparison of two states
  /// must not take the rows that retention removed for deleted ones.
  bool more = false;
  /// `until` has all rows of `since`: no row was rewritten, and retention removed none.
  bool only_added = true;
  /// Rows were erased that the consumer has consumed and erases itself. It only proceeds past the snapshot.
  bool erased = false;

  bool Empty() const { return appends.empty() && !rewritten && !erased; }
  int64_t AddedRows() const;
};

/// The changes after `consumed`, or the first of them (`more`). Compaction and retention (maintain/retention.h) are not
/// changes.
/// Input:  `until`: the current snapshot by default.
/// Errors: kCorrupt if the consumed snapshot belongs to another table (the table was dropped and recreated) or is no
///         longer in the history (rolled back, replaced or expired).
Result<Changes> ChangesSince(const iceberg::TableMetadata& metadata, const Mark& consumed, const std::string& table,
                             std::optional<iceberg::SnapshotId> until = {});

/// Summary key of a snapshot that erased rows, in a table whose consumers erase the same rows themselves.
inline constexpr const char* kErasedKey = "ingot.erased";

/// Plans the files with the added rows. If rows were rewritten: the live rows of `until`, deletes applied, in files
/// that `compared_with` does not have. Such files may also hold rows of `compared_with` (PlanRemoved). `filter` prunes
/// files.
Result<rows::ScanPlan> PlanAdded(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                 const Changes& changes, const std::vector<std::string>& columns,
                                 const iceberg::Filter& filter = {});

/// If rows were rewritten: plans the live rows of `compared_with` in files that `until` does not have or has with other
/// deletes. Otherwise the plan is empty.
Result<rows::ScanPlan> PlanRemoved(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                   const Changes& changes, const std::vector<std::string>& columns,
                                   const iceberg::Filter& filter = {});

/// The live rows of two states in the files that differ: files that only one state has, or that have other deletes.
/// Rows that were not changed may be in both plans.
struct Difference {
  rows::ScanPlan before, after;
};
/// Compares the two states of changes that rewrote rows.
Result<Difference> PlanDifference(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                  const Changes& changes, const std::vector<std::string>& columns);

/// The last snapshot on main that deleted or overwrote existing rows, as text; it may have expired. Compaction,
/// retention and commits of Ingot's runs and replays do not count. Empty if there is none.
std::string RowsDeletedBy(const iceberg::TableMetadata& metadata);
/// The table property that keeps this text after the snapshot has expired.
inline constexpr const char* kRowsDeletedKey = "ingot.rows-deleted-by";

}  // namespace ingot::stage
