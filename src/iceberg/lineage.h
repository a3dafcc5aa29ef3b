// What a snapshot says of where its rows came from: the marks by which every stage knows what is done already.
// Source: docs/formats/snapshot-summary.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

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
/// Of these, those whose value is the location of a file.
inline constexpr const char* kCheckpointFileKeys[] = {kOffsetsFileKey, kInputFilesFileKey};
/// The files that these marks name and need.
std::vector<std::string> CheckpointFiles(const Properties& marks);

/// What was deleted in a snapshot had reached its age: no row was corrected.
inline constexpr const char* kRetentionKey = "ingot.retention-before";

/// The value of `key` in the newest snapshot of main that has it: commits of other engines in between do not hide it.
/// Of the table's properties, when such snapshots have expired.
std::optional<std::string> NewestSummary(const TableMetadata& metadata, const std::string& key);

/// How far a table has consumed its source. Texts are empty where the writer (an earlier version, another engine) did
/// not say.
struct Mark {
  std::optional<SnapshotId> snapshot;  // of the source: consumed up to and including
  std::optional<SnapshotId> from;      // the mark that this one followed
  std::string source_uuid;             // of the source table
  std::string definition_id;           // of what computed the rows
  std::string program;                 // the version of the program that did
  std::string step_id;                 // of the commits, to one table or two, that belong together
  std::string run_id;

  bool operator==(const Mark&) const = default;
};

/// The mark in force: of the newest snapshot of main that has one, else of the table's properties.
Mark MarkOf(const TableMetadata& metadata);
/// The mark in one summary, or in the properties; nothing when it has none.
std::optional<Mark> MarkIn(const Properties& properties);
Properties ToProperties(const Mark& mark);

/// The snapshot of the source table that this table has consumed up to and including.
std::optional<SnapshotId> ConsumedSnapshot(const TableMetadata& metadata);

/// That the rows of a table with a mark are those that the mark speaks of. Errors: kCorrupt for a table that was
/// replaced as a whole (CREATE OR REPLACE) since; those of reading the manifest list of its oldest snapshot, which is
/// done only where no snapshot has a mark.
Status CheckNotReplaced(const TableMetadata& metadata, const std::string& table, storage::Storage& storage);

/// Whether all that main has had since `base` is files that were added: then nothing that was read there has changed.
bool OnlyAppended(const TableMetadata& now, std::optional<SnapshotId> base);

/// All marks in force. What expires with its snapshots is to be put among the table's properties.
Properties MarksOf(const TableMetadata& metadata);
/// Puts them there, in the place of those that belong together with one of them.
void PutMarks(TableMetadata& metadata, const Properties& marks);

/// A number of the summary, 0 when absent.
int64_t SummaryNumber(const Snapshot& snapshot, const std::string& key);

}  // namespace ingot::iceberg
