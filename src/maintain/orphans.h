// Files in a table's folder that no snapshot needs: what crashed writers left, and metadata files that are out of the
// log.
#pragma once

#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/neighbours.h"

namespace ingot::maintain {

struct OrphanOptions {
  int64_t older_than_ms = int64_t(3) * 24 * 3600 * 1000;  // engines that keep no journal are protected by it alone
  int64_t trash_age_ms = int64_t(7) * 24 * 3600 * 1000;   // after which the trash is emptied
  bool trash = true;                                      // false deletes at once
  bool dry_run = false;
  std::vector<OtherTable> other_tables;  // whose files may lie in the folder
};

struct Orphans {
  std::vector<storage::FileInfo> files;  // sorted by location
  int64_t bytes = 0;
  int64_t emptied = 0;             // files of the trash that went for good
  std::vector<std::string> notes;  // what was left alone, and why
};

/// Moves orphans into the folder .trash of the table. Files of processes that are at work (iceberg/journal.h) are none,
/// however old. Before anything is moved the table is opened from what would remain. Where another table may have files
/// in the folder that cannot be told, nothing is moved. Errors: those of reading any metadata of the table: what is
/// needed must be known wholly; kInternal when the table could not be read any more afterwards.
/// Source: docs/maintenance.md, docs/formats/journal.md.
Result<Orphans> RemoveOrphans(const iceberg::TableHome& home, const OrphanOptions& options);

/// Moves what the last removal took back to where it was; returns how many files. Works without the table's metadata
/// file, if that is among them. Errors: kCorrupt when the table is not complete afterwards; kExists for a file whose
/// place is taken.
Result<int64_t> RestoreOrphans(const iceberg::TableHome& home);

}  // namespace ingot::maintain
