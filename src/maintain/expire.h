// Expires old snapshots and deletes the files that only they need.
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
  /// Override the table's history.expire.max-snapshot-age-ms (five days) and history.expire.min-snapshots-to-keep
  /// (one). Settings of a branch take precedence.
  std::optional<int64_t> max_age_ms;
  std::optional<int64_t> retain_last;
  /// Snapshots of main from this sequence number on are kept: other tables have not consumed them yet.
  iceberg::SequenceNumber keep_from = std::numeric_limits<iceberg::SequenceNumber>::max();
  std::set<iceberg::SnapshotId> keep;  // snapshots that are being read
  /// Whether a file belongs to another table; then it is kept. Default: none does.
  std::function<bool(const std::string& location)> belongs_to_other_table;
  /// Expires exactly these snapshots, without the current one, and the branches and tags that point to them.
  std::optional<std::set<iceberg::SnapshotId>> only;
  bool dry_run = false;
};

struct Expired {
  int64_t snapshots = 0, refs = 0;
  int64_t manifest_lists = 0, manifests = 0, data_files = 0, other_files = 0;
  int64_t data_bytes = 0;

  int64_t Files() const { return manifest_lists + manifests + data_files + other_files; }
};

/// Copies summary values of expired snapshots that must be kept from `before` to `after`, the metadata without them.
using KeepSummaries = std::function<void(const iceberg::TableMetadata& before, iceberg::TableMetadata& after)>;

/// The snapshots to expire are chosen on the state of each commit attempt, and `keep` is called in the same commit.
/// Files are deleted after the commit, so that a crash in between leaves orphans. Nothing is deleted if a manifest of a
/// remaining snapshot cannot be read.
Result<Expired> ExpireSnapshots(const iceberg::TableHome& home, const ExpireOptions& options,
                                const KeepSummaries& keep);

/// Deletes the files that `before` needs and `after` does not, except those that are missing already. Completes the
/// work of an interrupted ExpireSnapshots, where `before` is the metadata before its commit.
Result<Expired> DeleteUnneeded(storage::Storage& storage, iceberg::TableMetadata before,
                               const iceberg::TableMetadata& after, const ExpireOptions& options);

}  // namespace ingot::maintain
