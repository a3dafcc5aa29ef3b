#include "stage/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "iceberg/summary_numbers.h"
#include "maintain/retention.h"

namespace ingot::stage {
namespace {

constexpr const char* kAdvice = "see docs/troubleshooting.md, \"A stage lost its position\"";

enum class Effect { kAppended, kNothing, kAged, kErased, kRewrote };

Effect EffectOf(const iceberg::Snapshot& snapshot) {
  const std::string operation = snapshot.Operation();
  if (operation.empty() || operation == "append")
    return iceberg::RemovesNothing(snapshot) ? Effect::kAppended : Effect::kRewrote;
  if (snapshot.summary.contains(maintain::kRetentionKey)) return Effect::kAged;
  if (snapshot.summary.contains(kErasedKey)) return Effect::kErased;
  // Compaction writes the same rows, or fewer if it applied deletes.
  if (operation == "replace" &&
      iceberg::SummaryNumber(snapshot, "added-records") <= iceberg::SummaryNumber(snapshot, "deleted-records"))
    return Effect::kNothing;
  return Effect::kRewrote;
}

/// The identity of a file together with the deletes that apply to it.
std::string KeyOf(const rows::FileTask& task) {
  std::vector<std::string> deletes;
  for (const iceberg::DataFile& file : task.deletes) deletes.push_back(file.Key());
  std::ranges::sort(deletes);
  std::string key = task.file.location;
  for (const std::string& file : deletes) key += '\n' + file;
  return key;
}

/// What makes two files of a table the same: their location, or also the deletes that apply to them.
enum class SameFile { kLocation, kLocationAndDeletes };

/// The files of snapshot `of` that snapshot `without` does not have.
Result<rows::ScanPlan> PlanFilesOf(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                   iceberg::SnapshotId of, std::optional<iceberg::SnapshotId> without, SameFile same,
                                   const std::vector<std::string>& columns, const iceberg::Filter& filter) {
  const auto plan_at = [&](iceberg::SnapshotId id, const std::vector<std::string>& names,
                           const iceberg::Filter& wanted) {
    return rows::PlanScan(storage, metadata,
                          {.snapshot_id = id, .current_schema = true, .columns = names, .filter = wanted});
  };
  INGOT_ASSIGN(rows::ScanPlan plan, plan_at(of, columns, filter));
  if (!without) return plan;
  const auto key_of = [&](const rows::FileTask& task) {
    return same == SameFile::kLocationAndDeletes ? KeyOf(task) : task.file.location;
  };
  INGOT_ASSIGN(const rows::ScanPlan other, plan_at(*without, {}, {}));
  std::set<std::string> known;
  for (const rows::FileTask& task : other.tasks) known.insert(key_of(task));
  std::erase_if(plan.tasks, [&](const rows::FileTask& task) { return known.contains(key_of(task)); });
  return plan;
}

std::string DescribeSnapshot(const iceberg::Snapshot& snapshot) {
  return fmt::format("snapshot {} ({})", snapshot.snapshot_id, snapshot.Operation());
}

struct Link {
  const iceberg::Snapshot* snapshot;
  Effect effect;
};

/// The snapshots with their effects, oldest first. Input: newest first.
std::vector<Link> ChainOf(const std::vector<const iceberg::Snapshot*>& snapshots) {
  std::vector<Link> chain;
  bool appended = false;
  for (const iceberg::Snapshot* snapshot : snapshots | std::views::reverse) {
    Effect effect = EffectOf(*snapshot);
    appended = appended || effect == Effect::kAppended;
    // Rows that were appended before it and not consumed are read from the files that it wrote.
    if (effect == Effect::kErased && appended) effect = Effect::kRewrote;
    chain.push_back({snapshot, effect});
  }
  return chain;
}

/// Moves the start of the comparison behind the compaction, retention and erasure at the beginning of the chain, and
/// ends the chain before the next retention if rows were rewritten.
void EndBeforeRetention(std::vector<Link>& chain, Changes& changes) {
  auto first = chain.begin();
  for (; first != chain.end() && first->effect != Effect::kAppended && first->effect != Effect::kRewrote; ++first)
    changes.compared_with = first->snapshot->snapshot_id;
  if (std::ranges::find(chain, Effect::kRewrote, &Link::effect) == chain.end()) return;
  const auto end = std::ranges::find(first, chain.end(), Effect::kAged, &Link::effect);
  if (end == chain.end()) return;
  changes.more = true;
  chain.erase(end, chain.end());
  changes.until = chain.back().snapshot->snapshot_id;
}

}  // namespace

int64_t Changes::AddedRows() const {
  int64_t rows = 0;
  for (const iceberg::Snapshot* snapshot : appends) rows += iceberg::SummaryNumber(*snapshot, "added-records");
  return rows;
}

Result<Changes> ChangesSince(const iceberg::TableMetadata& metadata, const Mark& consumed, const std::string& table,
                             std::optional<iceberg::SnapshotId> until) {
  Changes changes{.since = consumed.snapshot,
                  .until = until ? until : metadata.current_snapshot_id,
                  .compared_with = consumed.snapshot};
  if (consumed.snapshot && !consumed.source_uuid.empty() && consumed.source_uuid != metadata.table_uuid)
    return Fail(ErrorKind::kCorrupt,
                fmt::format("table {} is not the one that was consumed up to snapshot {} (it was dropped and "
                            "recreated: its id is {}, was {}); {}",
                            table, *consumed.snapshot, metadata.table_uuid, consumed.source_uuid, kAdvice));
  std::vector<const iceberg::Snapshot*> snapshots = iceberg::AncestorsOf(metadata, changes.until);
  if (changes.since) {
    const auto at = std::ranges::find(snapshots, *changes.since, &iceberg::Snapshot::snapshot_id);
    if (at == snapshots.end())
      return Fail(ErrorKind::kCorrupt, fmt::format("table {}: snapshot {}, up to which it has been consumed, is not in "
                                                   "its history any more (rolled back, replaced or expired); {}",
                                                   table, *changes.since, kAdvice));
    snapshots.erase(at, snapshots.end());
  } else if (!snapshots.empty() && snapshots.back()->parent_id) {
    changes.rewritten = true;
    changes.only_added = false;
    changes.rewriter = "the first snapshots have expired";
  }
  std::vector<Link> chain = ChainOf(snapshots);
  for (const auto& [snapshot, effect] : chain) {
    if (effect != Effect::kAppended && effect != Effect::kNothing) changes.only_added = false;
    if (effect == Effect::kRewrote) changes.rewriter = DescribeSnapshot(*snapshot);
  }
  if (changes.since) EndBeforeRetention(chain, changes);
  bool after_rewrite = false;
  for (const auto& [snapshot, effect] : chain) {
    const bool rewrote = effect == Effect::kRewrote;
    changes.erased = changes.erased || snapshot->summary.contains(kErasedKey);
    if (effect == Effect::kAppended) changes.appends.push_back(snapshot);
    if (rewrote || (effect == Effect::kAppended && after_rewrite))
      changes.rewrites.push_back(snapshot->sequence_number);
    changes.rewritten = changes.rewritten || rewrote;
    after_rewrite = rewrote;
  }
  return changes;
}

Result<rows::ScanPlan> PlanAdded(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                 const Changes& changes, const std::vector<std::string>& columns,
                                 const iceberg::Filter& filter) {
  if (!changes.rewritten) return rows::PlanAppends(storage, metadata, changes.appends, columns, filter);
  return PlanFilesOf(storage, metadata, *changes.until, changes.compared_with, SameFile::kLocation, columns, filter);
}

Result<rows::ScanPlan> PlanRemoved(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                   const Changes& changes, const std::vector<std::string>& columns,
                                   const iceberg::Filter& filter) {
  if (!changes.rewritten || !changes.since) return rows::PlanAppends(storage, metadata, {}, columns, filter);
  return PlanFilesOf(storage, metadata, *changes.compared_with, changes.until, SameFile::kLocationAndDeletes, columns,
                     filter);
}

Result<Difference> PlanDifference(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                  const Changes& changes, const std::vector<std::string>& columns) {
  Difference difference;
  INGOT_ASSIGN(difference.before, PlanRemoved(storage, metadata, changes, columns));
  INGOT_ASSIGN(difference.after, PlanFilesOf(storage, metadata, *changes.until, changes.compared_with,
                                             SameFile::kLocationAndDeletes, columns, {}));
  return difference;
}

std::string RowsDeletedBy(const iceberg::TableMetadata& metadata) {
  for (const iceberg::Snapshot* snapshot : iceberg::AncestorsOf(metadata, metadata.current_snapshot_id))
    if (EffectOf(*snapshot) == Effect::kRewrote && !MarkIn(snapshot->summary) &&
        !snapshot->summary.contains(kReplayKey) && !snapshot->summary.contains(kRunIdKey))
      return DescribeSnapshot(*snapshot);
  return metadata.Property(kRowsDeletedKey, "");
}

}  // namespace ingot::stage
