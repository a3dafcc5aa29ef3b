// Files in a table's folder that no snapshot needs: what crashed writers left, and metadata files that are out of the
// log.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

struct OrphanOptions {
  int64_t older_than_ms = int64_t(3) * 24 * 3600 * 1000;  // engines that keep no journal are protected by it alone
  int64_t trash_age_ms = int64_t(7) * 24 * 3600 * 1000;   // after which the trash is emptied
  bool trash = true;                                      // false deletes at once
  bool dry_run = false;
  std::vector<std::string> other_tables;  // locations; what is below one of them is left alone
};

struct Orphans {
  std::vector<storage::FileInfo> files;  // sorted by location
  int64_t bytes = 0;
  int64_t emptied = 0;  // files of the trash that went for good
};

/// Moves orphans into the folder .trash of the table. Files of processes that are at work (iceberg/journal.h) are none,
/// however old. Errors: those of reading any metadata of the table: what is needed must be known wholly.
Result<Orphans> RemoveOrphans(const iceberg::TableHome& home, const OrphanOptions& options);

/// Moves what the last removal took back to where it was; returns how many files.
Result<int64_t> RestoreOrphans(const iceberg::TableHome& home);

/// All files that the table needs, as Comparable() has them.
Result<std::set<std::string>> NeededFiles(const iceberg::Table& table);

}  // namespace ingot::maintain
