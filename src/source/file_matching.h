// Matches input files to the content that was read before, by name, inode and content.
// It finds what is new and which files have changed. Source: docs/formats/snapshot-summary.md.
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

/// A file to read from `offset`.
struct InputTask {
  std::string path;
  std::string location;
  FileStat stat;
  PartitionId id;
  int64_t offset = 0;
  std::optional<FileIdentity> identity;  // of the content that was read before
};

/// A file whose content does not continue what was read under its name.
struct ChangedFile {
  std::string path;
  std::string location;
  FileStat stat;
  std::string how;
};

struct FileMatches {
  std::vector<InputTask> tasks;       // in the order of the files
  std::vector<FileChange> found;      // new identities of files that were read before
  bool commit_found = false;          // commit `found` even without other changes
  std::vector<RawBatch> marks;        // to be committed, for compressed files without new content
  std::vector<ChangedFile> changed;   // not read, unless the options say so
  std::vector<std::string> warnings;  // changed files that are reread
  std::vector<std::string> failures;  // files that cannot be read
};

/// Returns the end mark of a file's partition. Partition 2n of a file's location is its content after n changes.
/// Partition 2n + 1 is the number of stored bytes read when its compressed content was read to its end.
PartitionId EndMarkOf(const PartitionId& id);

/// Results of earlier calls, so that a follower does not reread the same files at every poll.
struct MatchMemory {
  std::unordered_map<std::string, FileStat> changed;  // changed files that were compared, by location
  ComparedPairs pairs;                                // files and their compressed forms
};

FileMatches MatchFiles(const std::vector<InputFile>& files, const Checkpoint& checkpoint, const SourceOptions& options,
                       MatchMemory& memory);

}  // namespace ingot::source
