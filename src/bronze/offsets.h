// The offsets in a bronze snapshot's summary: what has been ingested of each partition, carried from snapshot to
// snapshot. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "source/source.h"

namespace ingot::bronze {

struct OffsetRange {
  int64_t begin = 0;
  int64_t end = 0;
};
using OffsetRanges = std::map<source::PartitionId, OffsetRange>;

/// What one commit adds to the table's checkpoint.
struct OffsetChange {
  OffsetRanges ranges;
  std::map<std::string, source::TopicIdentity> topics;  // those read from; empty for files
  std::vector<source::OffsetReset> resets;
  std::map<source::PartitionId, source::FileChange> files = {};
  bool commit_files = false;  // even where there is nothing else

  bool empty() const { return ranges.empty() && resets.empty() && !commit_files; }
  /// A later change of the same file continues the earlier one.
  void Add(source::FileChange file);
};

/// {"topic": {"0": 1200}}
std::string PositionsToJson(const source::Positions& positions);
Result<source::Positions> PositionsFromJson(const std::string& json);
/// {"topic": {"0": [1000, 1200]}}
std::string RangesToJson(const OffsetRanges& ranges);
/// {"topic": {"cluster": "…", "id": "…"}}
std::string TopicsToJson(const std::map<std::string, source::TopicIdentity>& topics);
/// [{"topic": "…", "partition": 0, "from": 1200, "to": 1500, "reason": "…"}]
std::string ResetsToJson(const std::vector<source::OffsetReset>& resets);

/// The checkpoint that main has reached; empty for a table without any. Errors: kCorrupt when it cannot be found
/// although the table says that there was one.
Result<source::Checkpoint> ReadCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata);

/// Puts the checkpoint into `summary` (stage::kCheckpointKeys), positions and identities of files in files of their
/// own when they are many. `written` gets the locations of these.
Status WriteCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                       const source::Checkpoint& checkpoint, iceberg::Properties& summary,
                       std::vector<std::string>& written);

/// Of a snapshot: what it added, and where an operator's choice moved the offset.
inline constexpr const char* kRangesKey = "ingot.offset-ranges";
inline constexpr const char* kResetsKey = "ingot.offset-resets";

/// The checkpoint after `change`. Errors: kConflict when a range does not begin where the table is, or the table has
/// read from another topic of that name or knows another content of the file: another writer was first.
Result<source::Checkpoint> Advance(source::Checkpoint checkpoint, const OffsetChange& change);

}  // namespace ingot::bronze
