// Forgetting old snapshots, and deleting the files that only they need.
// Source: Iceberg specification, "Snapshot Retention Policy".
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "iceberg/table.h"

namespace ingot::maintain {

struct ExpireOptions {
  /// Instead of the table's history.expire.max-snapshot-age-ms (five days) and history.expire.min-snapshots-to-keep
  /// (one), for what no branch says of itself.
  std::optional<int64_t> max_age_ms;
  std::optional<int64_t> retain_last;
  /// Snapshots of main from this sequence number on stay: what other tables have not consumed yet.
  iceberg::SequenceNumber keep_from = std::numeric_limits<iceberg::SequenceNumber>::max();
  std::set<iceberg::SnapshotId> keep;  // that somebody reads just now
  /// Whether a file that this table does not need any more is another table's, and stays; none, if not given.
  std::function<bool(const std::string& location)> is_of_others;
  bool dry_run = false;
};

struct Expired {
  int64_t snapshots = 0, refs = 0;
  int64_t manifest_lists = 0, manifests = 0, data_files = 0, other_files = 0;
  int64_t data_bytes = 0;

  int64_t Files() const { return manifest_lists + manifests + data_files + other_files; }
};

/// What the snapshots that go say, and has to stay, is moved from `before` to `after`, which is without them.
using KeepSummaries = std::function<void(const iceberg::TableMetadata& before, iceberg::TableMetadata& after)>;

/// Which snapshots stay is decided on the state that the commit lands on, and `keep` is called in the same commit.
/// Files go after the commit: a crash between the two leaves orphans. Nothing is deleted while a manifest that stays
/// cannot be read.
Result<Expired> ExpireSnapshots(const iceberg::TableHome& home, const ExpireOptions& options,
                                const KeepSummaries& keep);

}  // namespace ingot::maintain
