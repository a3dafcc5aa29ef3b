// What a snapshot says of where its rows came from: the marks by which every stage knows what it has done.
// Source: docs/formats/snapshot-summary.md.
#pragma once

#include <optional>
#include <string>

#include "iceberg/summary.h"
#include "storage/storage.h"

namespace ingot::stage {

inline constexpr const char* kRunIdKey = "ingot.run-id";
inline constexpr const char* kStageKey = "ingot.stage";
/// How far a table has consumed its source, and by what: these belong together, see Mark.
inline constexpr const char* kSourceSnapshotKey = "ingot.source-snapshot-id";
inline constexpr const char* kSourceFromKey = "ingot.source-from-snapshot-id";
inline constexpr const char* kSourceTableKey = "ingot.source-table-uuid";
inline constexpr const char* kDefinitionKey = "ingot.definition-id";
inline constexpr const char* kProgramKey = "ingot.program-version";
inline constexpr const char* kStepKey = "ingot.step-id";
inline constexpr const char* kMarkKeys[] = {kSourceSnapshotKey, kSourceFromKey, kSourceTableKey, kDefinitionKey,
                                            kProgramKey,        kStepKey,       kRunIdKey};
/// The step that this table may not complete any more: its first half, in another table, is being taken back.
inline constexpr const char* kTakenBackKey = "ingot.step-taken-back";
/// The cursors of the ledger, a key for each table.
inline constexpr const char* kLedgerKey = "ingot.ledger.";
/// Where bronze is in its source: the offsets and the identities of files, each in the summary or in a file of its own,
/// and the identity of the topics. They belong together.
inline constexpr const char* kOffsetsKey = "ingot.offsets";
inline constexpr const char* kOffsetsFileKey = "ingot.offsets-file";
inline constexpr const char* kTopicsKey = "ingot.topics";
inline constexpr const char* kInputFilesKey = "ingot.files";
inline constexpr const char* kInputFilesFileKey = "ingot.files-file";
inline constexpr const char* kCheckpointKeys[] = {kOffsetsKey, kOffsetsFileKey, kTopicsKey, kInputFilesKey,
                                                  kInputFilesFileKey};

/// How far a table has consumed its source. Texts are empty where the writer (an earlier version, another engine) did
/// not say.
struct Mark {
  std::optional<iceberg::SnapshotId> snapshot;  // of the source: consumed up to and including
  std::optional<iceberg::SnapshotId> from;      // the mark that this one followed
  std::string source_uuid;                      // of the source table
  std::string definition_id;                    // of what computed the rows
  std::string program;                          // the version of the program that did
  std::string step_id;                          // of the commits, to one table or two, that belong together
  std::string run_id;

  bool operator==(const Mark&) const = default;
};

/// The mark in force: of the newest snapshot of main that has one, else of the table's properties.
Mark MarkOf(const iceberg::TableMetadata& metadata);
/// The mark in one summary, or in the properties; nothing when it has none.
std::optional<Mark> MarkIn(const iceberg::Properties& properties);
iceberg::Properties ToProperties(const Mark& mark);

/// The snapshot of the source table that this table has consumed up to and including.
std::optional<iceberg::SnapshotId> ConsumedSnapshot(const iceberg::TableMetadata& metadata);

/// That the rows of a table with a mark are those that the mark speaks of. Errors: kCorrupt for a table that was
/// replaced as a whole (CREATE OR REPLACE) since; those of reading the manifest list of its oldest snapshot, which is
/// done only where no snapshot has a mark.
Status CheckNotReplaced(const iceberg::TableMetadata& metadata, const std::string& table, storage::Storage& storage);

/// All marks in force. What expires with its snapshots is to be put among the table's properties.
iceberg::Properties MarksOf(const iceberg::TableMetadata& metadata);
/// Puts them there, in the place of those that belong together with one of them.
void PutMarks(iceberg::TableMetadata& metadata, const iceberg::Properties& marks);
/// Moves the marks in force, which `before` has in snapshots that `after` has not, to the properties of `after`.
void KeepMarks(const iceberg::TableMetadata& before, iceberg::TableMetadata& after);

}  // namespace ingot::stage
