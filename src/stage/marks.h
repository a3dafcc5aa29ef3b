// Marks: properties of a snapshot that record where its rows came from. A stage reads from them what it has consumed.
// Source: docs/formats/snapshot-summary.md.
#pragma once

#include <optional>
#include <string>

#include "iceberg/summary.h"
#include "storage/storage.h"

namespace ingot::stage {

inline constexpr const char* kRunIdKey = "ingot.run-id";
inline constexpr const char* kStageKey = "ingot.stage";
/// How far a table has consumed its source, and what computed it. These keys belong together (Mark).
inline constexpr const char* kSourceSnapshotKey = "ingot.source-snapshot-id";
inline constexpr const char* kSourceFromKey = "ingot.source-from-snapshot-id";
inline constexpr const char* kSourceTableKey = "ingot.source-table-uuid";
inline constexpr const char* kDefinitionKey = "ingot.definition-id";
inline constexpr const char* kProgramKey = "ingot.program-version";
inline constexpr const char* kStepKey = "ingot.step-id";
inline constexpr const char* kFollowDeletesKey = "ingot.follow-deletes";
inline constexpr const char* kMarkKeys[] = {kSourceSnapshotKey, kSourceFromKey, kSourceTableKey,   kDefinitionKey,
                                            kProgramKey,        kStepKey,       kFollowDeletesKey, kRunIdKey};
/// The step that this table must not complete: its first half, in another table, is being reverted.
inline constexpr const char* kRevertedKey = "ingot.step-taken-back";
/// The table property that counts how often rows were recomputed in place. What a stage has read before is outdated.
inline constexpr const char* kRecomputedKey = "ingot.recomputed";
/// In silver: the newest replay that added rows. In quarantine: the newest one whose rows left it.
inline constexpr const char* kReplayKey = "ingot.replay";
/// The cursors of the ledger, one key for each table.
inline constexpr const char* kLedgerKey = "ingot.ledger.";
/// The checkpoint of bronze in its source: the offsets, the identities of files, and the identity of the topics.
/// Offsets and identities of files are in the summary or in a separate file. These keys belong together.
inline constexpr const char* kOffsetsKey = "ingot.offsets";
inline constexpr const char* kOffsetsFileKey = "ingot.offsets-file";
inline constexpr const char* kTopicsKey = "ingot.topics";
inline constexpr const char* kInputFilesKey = "ingot.files";
inline constexpr const char* kInputFilesFileKey = "ingot.files-file";
inline constexpr const char* kCheckpointKeys[] = {kOffsetsKey, kOffsetsFileKey, kTopicsKey, kInputFilesKey,
                                                  kInputFilesFileKey};

/// How far a table has consumed its source. Texts are empty if the writer (an earlier version, another engine) did not
/// write them.
struct Mark {
  std::optional<iceberg::SnapshotId> snapshot;  // of the source; consumed, inclusive
  std::optional<iceberg::SnapshotId> from;      // the snapshot of the previous mark
  std::string source_uuid;                      // of the source table
  std::string definition_id;                    // of the definition that computed the rows
  std::string program;                          // the version of the program that computed them
  std::string step_id;                          // shared by all commits of one step, to one table or two
  std::string run_id;
  bool follow_deletes = false;  // rows that others deleted or changed in the source were deleted or changed here, too

  bool operator==(const Mark&) const = default;
};

/// The current mark: from the newest snapshot on main that has one, otherwise from the table's properties.
Mark MarkOf(const iceberg::TableMetadata& metadata);
/// The mark in one summary or in the table's properties. Empty if there is none.
std::optional<Mark> MarkIn(const iceberg::Properties& properties);
iceberg::Properties ToProperties(const Mark& mark);

/// The snapshot of the source table up to which this table has consumed, inclusive.
std::optional<iceberg::SnapshotId> ConsumedSnapshot(const iceberg::TableMetadata& metadata);

/// Checks that the rows of a table with a mark are the rows that the mark describes.
/// Errors: kCorrupt if the whole table was replaced since (CREATE OR REPLACE); errors of reading the manifest list of
///         its oldest snapshot.
/// Cost:   the manifest list is read only if no snapshot has a mark.
Status CheckNotReplaced(const iceberg::TableMetadata& metadata, const std::string& table, storage::Storage& storage);

/// All current marks. A mark that expires with its snapshots must be copied to the table's properties.
iceberg::Properties MarksOf(const iceberg::TableMetadata& metadata);
/// Sets marks in the table's properties. Replaces all keys that belong together with one of them.
void PutMarks(iceberg::TableMetadata& metadata, const iceberg::Properties& marks);
/// Moves the current marks of `before` to the properties of `after` if `after` no longer has their snapshots.
void KeepMarks(const iceberg::TableMetadata& before, iceberg::TableMetadata& after);

}  // namespace ingot::stage
