// Which input file is which that was read before, by name, by its place on disk and by content: what of it is new, and
// which have changed. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/file_comparison.h"
#include "source/file_listing.h"
#include "source/source.h"

namespace ingot::source {

/// A file to read from `offset` on.
struct InputTask {
  std::string path;
  std::string location;
  FileStat stat;
  PartitionId id;
  int64_t offset = 0;
  std::optional<FileIdentity> identity;  // of what was read of it before
};

/// A file that is no continuation of what was read under its name.
struct ChangedFile {
  std::string path;
  std::string location;
  FileStat stat;
  std::string how;
};

struct FileMatches {
  std::vector<InputTask> tasks;       // in the order of the files
  std::vector<FileChange> found;      // what the table should know of files that were read
  bool commit_found = false;          // even where nothing else is to be committed
  std::vector<RawBatch> marks;        // of compressed files that hold nothing new, to be committed
  std::vector<ChangedFile> changed;   // not read, unless the options say so
  std::vector<std::string> warnings;  // changed files that are read again
  std::vector<std::string> failures;  // files that cannot be read
};

/// Partition 2n of a file's location is its content after n changes, 2n + 1 how many stored bytes of it were read to
/// its end where it is compressed.
PartitionId EndMarkOf(const PartitionId& id);

/// What earlier calls found out, so that a follower does not read the same files at every poll.
struct MatchMemory {
  std::unordered_map<std::string, FileStat> changed;  // changed files that were looked at, by location
  ComparedPairs pairs;                                // of a file and its compressed form
};

FileMatches MatchFiles(const std::vector<InputFile>& files, const Checkpoint& checkpoint, const SourceOptions& options,
                       MatchMemory& memory);

}  // namespace ingot::source
