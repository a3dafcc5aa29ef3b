// Files of a table that is moved: which there are, copies of them, and new versions of those that name other files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "maintain/moved_paths.h"

namespace ingot::maintain {

/// Keeps what was done, so that it can be used again for a later state of the table.
class MovedFiles {
 public:
  struct Manifest {
    iceberg::ManifestFile file;  // as the manifest list names it
    std::vector<size_t> files;   // numbers of its live files that are copied
    bool changed = false;        // it, or a file that it names, is at another location now
  };

  /// `target`: the metadata that the moved table has, without snapshots.
  MovedFiles(std::shared_ptr<storage::Storage> storage, const MovedPaths& paths, iceberg::TableMetadata target);

  /// Returns the number of a file to copy. `bytes`: its size, or -1 if it is not known.
  size_t Add(const std::string& from, int64_t bytes);

  /// Returns the manifests of a snapshot, with the new paths. Files that name other files are written again: manifests,
  /// position deletes, deletion vectors. Errors: kNotFound if one of them is missing at both locations.
  Result<std::vector<const Manifest*>> Manifests(const iceberg::Snapshot& snapshot,
                                                 const iceberg::TableMetadata& metadata);

  /// Copies the files that were added since the last call. A file that is at its new location already, with the right
  /// size, is not copied. `copied`: called with bytes, from several threads.
  Status Copy(int threads, const std::function<void(int64_t)>& copied);

  /// Whether the file is at neither location. Copy was called.
  bool IsMissing(size_t file) const { return files_[file].state == State::kMissing; }
  const std::string& From(size_t file) const { return files_[file].from; }

  int64_t CopiedFiles() const;
  int64_t CopiedBytes() const;
  int64_t AdoptedFiles() const;

 private:
  enum class State { kNew, kCopied, kAdopted, kMissing };
  struct File {
    std::string from, to;
    int64_t bytes = 0;
    State state = State::kNew;
  };

  Result<const Manifest*> Rewritten(const iceberg::ManifestFile& old, const iceberg::TableMetadata& metadata);
  Status Move(iceberg::DataFile& file, const iceberg::TableMetadata& metadata, Manifest& manifest);
  Status MovePositions(iceberg::DataFile& file, const iceberg::TableMetadata& metadata, Manifest& manifest);
  Status MoveVectors(iceberg::DataFile& file);
  Status CopyOne(File& file, const std::function<void(int64_t)>& copied);
  template <typename Read>
  auto ReadEither(const std::string& location, const Read& read) const -> decltype(read(location));

  const std::shared_ptr<storage::Storage> storage_;
  const MovedPaths& paths_;
  const iceberg::TableMetadata target_;
  std::vector<File> files_;
  std::map<std::string, size_t> numbers_;                       // by old location
  std::map<std::string, std::unique_ptr<Manifest>> manifests_;  // by old location
  std::map<std::string, iceberg::DataFile> deletes_;            // position deletes and Puffin files, by old location
  size_t copied_ = 0;                                           // files before this number were handled
};

}  // namespace ingot::maintain
