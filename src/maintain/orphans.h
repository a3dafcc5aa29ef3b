// Orphans: files in a table's folder that no snapshot needs, left by crashed writers, and metadata files that are no
// longer in the metadata log.
#pragma once

#include <string>
#include <vector>

#include "iceberg/table.h"
#include "maintain/shared_folder.h"

namespace ingot::maintain {

struct OrphanOptions {
  int64_t older_than_ms = int64_t(3) * 24 * 3600 * 1000;  // the only protection of engines without a journal
  int64_t trash_age_ms = int64_t(7) * 24 * 3600 * 1000;   // older files in the trash are deleted
  bool trash = true;                                      // false: deletes orphans at once
  bool dry_run = false;
  std::vector<OtherTable> other_tables;  // tables that may have files in the folder
};

struct Orphans {
  std::vector<storage::FileInfo> files;  // sorted by location
  int64_t bytes = 0;
  int64_t emptied = 0;             // files that were deleted from the trash
  std::vector<std::string> notes;  // which files were skipped, and why
};

/// Moves orphans to the folder .trash of the table. Files of running processes (iceberg/journal.h) are skipped at any
/// age. Before anything is moved, the table is read from the files that would remain. If it is unknown which files
/// another table needs, nothing is moved. Errors: those of reading the table's metadata; kInternal if the remaining
/// files would not be sufficient to read the table. Source: docs/maintenance.md, docs/formats/journal.md.
Result<Orphans> RemoveOrphans(const iceberg::TableHome& home, const OrphanOptions& options);

/// Moves the files of the last removal back and returns their number. Works even if they include the table's metadata
/// file. Errors: kCorrupt if files of the table are still missing; kExists if another file is at the original location.
Result<int64_t> RestoreOrphans(const iceberg::TableHome& home);

}  // namespace ingot::maintain
