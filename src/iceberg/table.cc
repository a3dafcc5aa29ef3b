#include "iceberg/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/retry.h"
#include "iceberg/journal.h"

namespace ingot::iceberg {
namespace {

Table TableFrom(const TableHome& home, LoadedTable loaded) {
  return {{home.catalog, std::move(loaded.storage), home.name},
          std::move(loaded.metadata_location),
          std::move(loaded.metadata)};
}

/// Commit attempts without an answer. They may have succeeded, or may still succeed as long as the table is at their
/// base.
class UnknownCommits {
 public:
  void Add(const LoadedTable& base, const TableMetadata& next) {
    any_ = true;
    base_location_ = base.metadata_location;
    for (const Snapshot* snapshot : SnapshotsNotIn(next, *base.metadata)) snapshots_.push_back(snapshot->snapshot_id);
  }
  bool WereCommitted(const TableMetadata& now) const {
    return std::ranges::any_of(snapshots_, [&](SnapshotId id) { return now.SnapshotById(id) != nullptr; });
  }
  /// Once the table has another version without their snapshots, they cannot succeed any more.
  void DropIfSuperseded(const LoadedTable& now) {
    if (now.metadata_location != base_location_) any_ = false;
  }
  Error MarkIfUnknown(Error error) const {
    if (any_) error.kind = ErrorKind::kOutcomeUnknown;
    return error;
  }

 private:
  bool any_ = false;
  std::string base_location_;
  std::vector<SnapshotId> snapshots_;
};

/// Whether others have committed since `base`. Then a missing snapshot or file may have expired with that state.
bool HasChangedSince(const TableHome& home, const LoadedTable& base) {
  const auto now = home.catalog->Load(home.name, home.storage);
  return now && now->metadata_location != base.metadata_location;
}

}  // namespace

Result<Table> LoadTable(const TableHome& home) {
  INGOT_ASSIGN(LoadedTable loaded, home.catalog->Load(home.name, home.storage));
  return TableFrom(home, std::move(loaded));
}

Result<Table> CreateTable(const TableHome& home, const TableMetadata& metadata) {
  INGOT_TRY(home.catalog->CreateNamespace(home.name.space));
  INGOT_ASSIGN(LoadedTable created, home.catalog->Create(home.name, metadata, home.storage));
  return TableFrom(home, std::move(created));
}

Result<Table> CommitMetadata(const TableHome& home, const MetadataChange& change,
                             const std::function<void()>& attempt_failed) {
  Backoff backoff({.attempts_max = 12});
  UnknownCommits unknown;
  const Stopwatch watch;
  const MetricLabels label{{"table", home.name.Text()}};
  while (true) {
    auto base = home.catalog->Load(home.name, home.storage);
    if (!base) return std::unexpected(unknown.MarkIfUnknown(std::move(base).error()));
    if (unknown.WereCommitted(*base->metadata)) return TableFrom(home, std::move(*base));
    unknown.DropIfSuperseded(*base);
    if (auto known = AnnounceWriter(base->storage, *base->metadata); !known)
      return std::unexpected(unknown.MarkIfUnknown(std::move(known).error()));
    TableMetadata next = *base->metadata;
    if (Status changed = change(next); !changed) {
      if (changed.error().kind == ErrorKind::kConflict) ProcessMetrics().Add("ingot_commit_conflicts", label);
      const bool vanished = changed.error().kind == ErrorKind::kNotFound && HasChangedSince(home, *base);
      if (!vanished || !backoff.Wait()) return std::unexpected(unknown.MarkIfUnknown(std::move(changed).error()));
      if (attempt_failed) attempt_failed();
      continue;
    }
    next.last_updated_ms = std::max(NowMicros() / 1000, base->metadata->last_updated_ms);
    auto committed = home.catalog->Commit(home.name, *base, next);
    if (committed) {
      ProcessMetrics().Observe("ingot_commit_seconds", label, watch.Seconds());
      return TableFrom(home, std::move(*committed));
    }
    const ErrorKind kind = committed.error().kind;
    if (kind == ErrorKind::kConflict) ProcessMetrics().Add("ingot_commit_conflicts", label);
    if (kind == ErrorKind::kOutcomeUnknown)
      unknown.Add(*base, next);
    else if (attempt_failed)
      attempt_failed();
    if (kind != ErrorKind::kConflict && kind != ErrorKind::kRetry && kind != ErrorKind::kOutcomeUnknown)
      return std::unexpected(unknown.MarkIfUnknown(std::move(committed).error()));
    if (!backoff.Wait())
      return std::unexpected(unknown.MarkIfUnknown(std::move(committed).error().Context(
          fmt::format("commit to {} gave up after {} attempts", home.name.Text(), backoff.attempts()))));
  }
}

}  // namespace ingot::iceberg
