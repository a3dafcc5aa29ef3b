// What a snapshot says of where its rows came from: the marks by which every stage knows what is done already.
// Source: docs/formats/snapshot-summary.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/metadata.h"

namespace ingot::iceberg {

inline constexpr const char* kRunIdKey = "ingot.run-id";
inline constexpr const char* kStageKey = "ingot.stage";
inline constexpr const char* kSourceSnapshotKey = "ingot.source-snapshot-id";
/// The cursors of the ledger, a key for each table.
inline constexpr const char* kLedgerKey = "ingot.ledger.";
/// Where bronze is in its source: the offsets, or the file that holds them, and the identity of the topics. They belong
/// together.
inline constexpr const char* kOffsetsKey = "ingot.offsets";
inline constexpr const char* kOffsetsFileKey = "ingot.offsets-file";
inline constexpr const char* kTopicsKey = "ingot.topics";
inline constexpr const char* kCheckpointKeys[] = {kOffsetsKey, kOffsetsFileKey, kTopicsKey};

/// What was deleted in a snapshot had reached its age: no row was corrected.
inline constexpr const char* kRetentionKey = "ingot.retention-before";

/// The value of `key` in the newest snapshot of main that has it: commits of other engines in between do not hide it.
/// Of the table's properties, when such snapshots have expired.
std::optional<std::string> NewestSummary(const TableMetadata& metadata, const std::string& key);

/// The snapshot of the source table that this table has consumed up to and including.
std::optional<SnapshotId> ConsumedSnapshot(const TableMetadata& metadata);

/// The snapshots of main after `consumed`, oldest first, that brought rows to consume: appends. Rewrites and deletions
/// are passed over. Errors: kCorrupt when `consumed` is no ancestor any more (rolled back, or expired); kUnsupported
/// for an overwrite that adds rows, which cannot be told from old ones.
Result<std::vector<const Snapshot*>> SnapshotsToConsume(const TableMetadata& metadata,
                                                        std::optional<SnapshotId> consumed, const std::string& table);

/// Whether all that main has had since `base` is files that were added: then nothing that was read there has changed.
bool OnlyAppended(const TableMetadata& now, std::optional<SnapshotId> base);

/// All marks in force. What expires with its snapshots is to be put among the table's properties.
Properties MarksOf(const TableMetadata& metadata);

/// A number of the summary, 0 when absent.
int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key);

}  // namespace ingot::iceberg
