// One input file as a stream of uncompressed bytes. gzip and zstd are recognized by their first bytes.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "source/file_identity.h"

namespace ingot::source {

class FileStream {
 public:
  /// Opens the file at its first byte. Errors: kNotFound; kRetry.
  static Result<std::unique_ptr<FileStream>> Open(const std::string& path);
  virtual ~FileStream() = default;
  /// Appends up to `bytes` to `out`; fewer only at the end. Errors: kCorrupt for damaged compressed data.
  virtual Status Read(int64_t bytes, std::string& out) = 0;
  /// Skips to `offset` of the uncompressed content. Must be called before the first Read. Trace() then covers the bytes
  /// before `offset`.
  /// Errors: kBadInput when the content ends before `offset`; kCorrupt.
  virtual Status SkipTo(int64_t offset) = 0;
  /// The number of stored bytes of the file that have been read.
  virtual int64_t StoredBytesRead() const = 0;
  virtual bool Compressed() const = 0;
  /// At the end: the compressed content is incomplete, because the file is being written or was truncated.
  virtual bool Truncated() const = 0;
  /// The stat of the file when it was opened.
  const FileStat& Stat() const { return stat_; }
  const ContentTrace& Trace() const { return trace_; }

 protected:
  explicit FileStream(FileStat stat) : stat_(stat) {}
  const FileStat stat_;
  ContentTrace trace_;
};

}  // namespace ingot::source
