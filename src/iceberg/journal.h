// The journal of a table: small files in which processes announce that they write to the table or read a snapshot.
// Maintenance keeps the files and snapshots of running processes. Source: docs/formats/journal.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

/// Returns a globally unique file name: this process's UUID and a number.
std::string NewFileName();

/// Returns the UUID for the name of a metadata file, "00042-<uuid>.metadata.json". Other engines take the number only
/// from names of this form. Globally unique: the first 24 characters are those of this process's UUID.
std::string NewMetadataUuid();

/// Whether the name of a metadata file, "00042-…", is one that Ingot gives. Earlier versions wrote "<NewFileName()>" in
/// the place of the UUID.
bool IsNameOfIngot(std::string_view location);

/// Announces that this process writes to the table. Cost: writes a small file at the first call and every ten minutes.
Status AnnounceWriter(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata);
/// Checks that maintenance cannot have removed the files that a commit is about to add: this process's journal entry
/// still exists, or did not exist yet when the files were written. After a long pause of the process, each file is
/// looked up. Call it on the state that the commit starts from. Cost: one request; one more per file after a long
/// pause.
/// Errors: kConflict when maintenance has removed the entry; the files must be written again.
Status CheckWriterEntry(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata,
                        const std::vector<std::string>& added);
/// Announces that this process reads the snapshot. Without permission to write there, the read is not announced.
void AnnounceReader(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata, SnapshotId id);
/// Removes all journal entries of this process. Call it before the process ends.
void WithdrawAll();

struct Journal {
  std::set<std::string> writers;  // UUIDs of running processes
  std::set<SnapshotId> reading;
  std::set<std::string> ended;  // entries of processes that have ended
  /// Entries from other machines that were not renewed for a day. Their processes may still run. Before their files are
  /// removed, the entry is deleted and then the table's metadata is changed, so that none of their commits can succeed.
  std::set<std::string> silent;

  /// Whether a running process named the file.
  bool Owns(std::string_view location) const;
};
Result<Journal> ReadJournal(storage::Storage& storage, const TableMetadata& metadata);

/// Whether the file is a journal entry.
bool IsJournalEntry(std::string_view location);

}  // namespace ingot::iceberg
