#include "iceberg/summary.h"

#include "iceberg/summary_numbers.h"

namespace ingot::iceberg {

int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key) {
  return FindNumber(snapshot.summary, key).value_or(0);
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
    if (snapshot->Operation() != "append" || !RemovesNothing(*snapshot)) return false;
  }
  return false;
}

}  // namespace ingot::iceberg
