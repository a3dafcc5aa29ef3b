// Who is at work on a table: processes name themselves beside its metadata before they write, and name the snapshots
// that they read. Maintenance leaves alone what bears the name of one that lives. Source: docs/formats/journal.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/metadata.h"
#include "storage/storage.h"

namespace ingot::iceberg {

/// A name for a file, unique everywhere: this process's UUID and a number.
std::string NewFileName();

/// Says that this process writes into the table from now on. Costs a small file the first time and every ten minutes,
/// else nothing.
Status AnnounceWriter(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata);
/// That nobody can have taken the files away that a commit is about to add: this process's entry is still there, or was
/// not when they were made. Files of a process that stood still for long are looked for one by one. To be called on the
/// state that the commit starts from. Cost: a request; one more a file after a standstill. Errors: kConflict when
/// maintenance has called this process ended: what it wrote has to be written again.
Status ProveWriter(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata,
                   const std::vector<std::string>& added);
/// Says that this process reads the snapshot. One that may not write there goes unannounced.
void AnnounceReader(const std::shared_ptr<storage::Storage>& storage, const TableMetadata& metadata, SnapshotId id);
/// Takes back what this process has announced, anywhere. To be called before it ends.
void WithdrawAll();

struct Journal {
  std::set<std::string> writers;  // UUIDs of processes
  std::set<SnapshotId> reading;
  std::set<std::string> ended;  // entries of processes that are known to have ended
  /// Entries of processes of other machines, without news for a day: they may yet wake up. Whoever takes files of
  /// theirs removes the entry first and then changes the table's metadata, so that none of their commits can land any
  /// more.
  std::set<std::string> silent;

  /// Whether a process that lives gave the file its name.
  bool Owns(std::string_view location) const;
};
Result<Journal> ReadJournal(storage::Storage& storage, const TableMetadata& metadata);

/// Whether the file is an entry of a journal.
bool IsJournalEntry(std::string_view location);

}  // namespace ingot::iceberg
