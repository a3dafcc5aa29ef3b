#include "iceberg/lineage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace ingot::iceberg {

int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? 0 : std::atoll(found->second.c_str());
}

std::optional<std::string> NewestSummary(const TableMetadata& metadata, const std::string& key) {
  for (const Snapshot* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id))
    if (const auto found = snapshot->summary.find(key); found != snapshot->summary.end()) return found->second;
  const auto kept = metadata.properties.find(key);
  return kept == metadata.properties.end() ? std::nullopt : std::optional(kept->second);
}

bool OnlyAppended(const TableMetadata& now, std::optional<SnapshotId> base) {
  for (const Snapshot* snapshot : AncestorsOf(now, now.current_snapshot_id)) {
    if (snapshot->snapshot_id == base) return true;
    if (snapshot->Operation() != "append" || snapshot->summary.contains("added-delete-files")) return false;
  }
  return false;
}

Properties MarksOf(const TableMetadata& metadata) {
  Properties marks;
  bool checkpoint = false;
  const auto take = [&](const Properties& from) {
    const bool first = !checkpoint;
    for (const auto& [key, value] : from) {
      if (std::ranges::find(kCheckpointKeys, key) != std::end(kCheckpointKeys)) {
        if (first) marks[key] = value, checkpoint = true;
      } else if (key == kSourceSnapshotKey || key.starts_with(kLedgerKey)) {
        marks.try_emplace(key, value);
      }
    }
  };
  for (const Snapshot* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id)) take(snapshot->summary);
  take(metadata.properties);
  return marks;
}

std::optional<SnapshotId> ConsumedSnapshot(const TableMetadata& metadata) {
  const auto text = NewestSummary(metadata, kSourceSnapshotKey);
  return text ? std::optional<SnapshotId>(std::atoll(text->c_str())) : std::nullopt;
}

Result<std::vector<const Snapshot*>> SnapshotsToConsume(const TableMetadata& metadata,
                                                        std::optional<SnapshotId> consumed, const std::string& table) {
  std::vector<const Snapshot*> chain = AncestorsOf(metadata, metadata.current_snapshot_id);
  if (consumed) {
    const auto at = std::ranges::find(chain, *consumed, &Snapshot::snapshot_id);
    if (at == chain.end())
      return Fail(ErrorKind::kCorrupt, fmt::format("table {}: snapshot {}, up to which it has been consumed, is not in "
                                                   "its history any more (rolled back or expired); "
                                                   "see docs/troubleshooting.md, \"A stage lost its place\"",
                                                   table, *consumed));
    chain.erase(at, chain.end());
  } else if (!chain.empty() && chain.back()->parent_id) {
    return Fail(ErrorKind::kCorrupt, fmt::format("table {}: its first snapshots have expired before they were "
                                                 "consumed; see docs/troubleshooting.md, \"A stage lost its place\"",
                                                 table));
  }
  std::ranges::reverse(chain);
  std::vector<const Snapshot*> wanted;
  for (const Snapshot* snapshot : chain) {
    const std::string operation = snapshot->Operation();
    const int64_t added = SummaryNumber(*snapshot, "added-records"),
                  deleted = SummaryNumber(*snapshot, "deleted-records");
    if (operation == "append" || operation.empty())
      wanted.push_back(snapshot);
    else if (operation == "overwrite" && added > deleted)
      return Fail(ErrorKind::kUnsupported, fmt::format("table {}: snapshot {} overwrote rows and added {} more than it "
                                                       "removed; new rows must be appended to be consumed",
                                                       table, snapshot->snapshot_id, added - deleted));
    else if (operation != "replace" && !snapshot->summary.contains(kRetentionKey))
      LogWarning(fmt::format(
          "table {}: snapshot {} ({}) changes rows that were ingested before; tables made from them are not corrected",
          table, snapshot->snapshot_id, operation));
  }
  return wanted;
}

}  // namespace ingot::iceberg
