// The offsets in the summaries of bronze snapshots: the ingested position of each partition, copied from snapshot to
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

/// The change that one commit makes to the table's checkpoint.
struct OffsetChange {
  OffsetRanges ranges;
  std::map<std::string, source::TopicIdentity> topics;  // topics that were read; empty for files
  std::vector<source::OffsetReset> resets;
  std::map<source::PartitionId, source::FileChange> files = {};
  bool commit_files = false;  // commit even without other changes

  bool empty() const { return ranges.empty() && resets.empty() && !commit_files; }
  /// Adds a change. A later change of the same file continues the earlier one.
  void Add(source::FileChange file);
};

/// Formats positions as {"topic": {"0": 1200}}.
std::string PositionsToJson(const source::Positions& positions);
Result<source::Positions> PositionsFromJson(const std::string& json);
/// Formats ranges as {"topic": {"0": [1000, 1200]}}.
std::string RangesToJson(const OffsetRanges& ranges);
/// Formats topics as {"topic": {"cluster": "…", "id": "…"}}.
std::string TopicsToJson(const std::map<std::string, source::TopicIdentity>& topics);
/// Formats resets as [{"topic": "…", "partition": 0, "from": 1200, "to": 1500, "reason": "…"}].
std::string ResetsToJson(const std::vector<source::OffsetReset>& resets);

/// Returns the checkpoint of main; empty for a table without one.
/// Errors: kCorrupt when the table has recorded a checkpoint that cannot be found.
Result<source::Checkpoint> ReadCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata);

/// Writes the checkpoint into `summary` (stage::kCheckpointKeys). Long positions and file identities go into files of
/// their own; `written` gets the locations of these.
Status WriteCheckpoint(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                       const source::Checkpoint& checkpoint, iceberg::Properties& summary,
                       std::vector<std::string>& written);

/// Keys of a snapshot's summary: the ranges it added, and the offsets that an operator moved.
inline constexpr const char* kRangesKey = "ingot.offset-ranges";
inline constexpr const char* kResetsKey = "ingot.offset-resets";

/// Returns the checkpoint after `change`.
/// Errors: kConflict when another writer was first: a range does not begin at the table's position, the table has read
///   another topic of that name, or it knows other content of the file.
Result<source::Checkpoint> Advance(source::Checkpoint checkpoint, const OffsetChange& change);

}  // namespace ingot::bronze
