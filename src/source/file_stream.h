// One input file as a stream of plain bytes: gzip and zstd are recognized by their first bytes.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace ingot::source {

class FileStream {
 public:
  /// Begins at `offset` of the uncompressed content. Errors: kNotFound; kBadInput when the content ends before it.
  static Result<std::unique_ptr<FileStream>> Open(const std::string& path, int64_t offset);
  virtual ~FileStream() = default;
  /// Appends up to `bytes` to `out`; fewer only at the end. Errors: kCorrupt for damaged compressed data.
  virtual Status Read(int64_t bytes, std::string& out) = 0;
  /// Bytes of the file as stored that have been read.
  virtual int64_t StoredBytesRead() const = 0;
};

}  // namespace ingot::source
