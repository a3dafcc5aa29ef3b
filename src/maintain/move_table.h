// Moves a table to another location: copies its files, and rewrites everything in its metadata that names a path.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "iceberg/table.h"

namespace ingot::maintain {

struct MoveOptions {
  std::string to;  // the new location of the table
  int threads = 2;
  std::function<void(int64_t)> progress = [](int64_t) {};  // bytes copied
};

struct Moved {
  std::string from;  // empty if the table was at its new location already, with all of its files
  std::string to;
  int64_t snapshots = 0;
  int64_t files_copied = 0, bytes_copied = 0;
  int64_t files_adopted = 0;              // were at the new location already
  std::vector<std::string> unreadable;    // snapshots that lack a file, as they did before, and which
  bool files_remain = false;              // at the old location
  std::vector<std::string> still_writes;  // processes that wrote to the table while it was moved
};

/// Moves the table in one commit. All snapshots, branches and tags stay; so do marks and sequence numbers. The files at
/// the old location are not changed. Files that a table's owner has copied or moved to the new location before are used
/// as they are, also if the old location does not exist any more. After a crash, a second call continues: complete
/// copies are not copied again.
///
/// Files outside of the table's folders are copied, too. An older snapshot whose files are missing stays in the table's
/// history, since later stages may have consumed it, but cannot be read; it could not be read before either.
///
/// Errors: kBadInput if one location is below the other; kExists if another table is at the new location; kConflict if
///         other processes write to the table; kNotFound if a file of the current snapshot, of a branch or of a tag is
///         missing; kUnsupported if the catalog writes the metadata itself (REST), or the table is encrypted.
/// Cost:   reads and writes all files. Keeps their paths in memory, and the positions of one delete file at a time.
Result<Moved> MoveTable(const iceberg::TableHome& home, const MoveOptions& options);

}  // namespace ingot::maintain
