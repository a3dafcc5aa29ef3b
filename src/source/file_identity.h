// Identifies the content of an input file independently of its name: by its inode and by hashes of what was read.
// Source: docs/formats/snapshot-summary.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::source {

/// A file's metadata at one moment. An equal stat means that the file was not modified.
struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t born_ns = 0;  // 0 when the file system does not provide it
  int64_t stored_bytes = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // inode change time: it also reveals an older modification time that was set by hand
  bool operator==(const FileStat&) const = default;
};

/// True when both are the same file on disk. A new file may reuse the inode of a deleted one, but its birth time is
/// later.
bool IsSameFile(const FileStat& a, const FileStat& b);

/// Errors: kNotFound; kRetry.
Result<FileStat> StatFile(const std::string& path);
Result<FileStat> StatFile(int descriptor);

/// The number of bytes at the beginning, and before the position, that identify content.
inline constexpr int64_t kHeadBytes = 4096, kTailBytes = 64 << 10;

/// What was read of one content. All offsets are offsets of the uncompressed content.
struct FileIdentity {
  std::string location;  // the last location of the file; empty when another file has its name now
  FileStat stat;
  int64_t offset = 0;       // everything before it has been read
  uint64_t head = 0;        // hash of the first kHeadBytes before `offset`, or of fewer if there are fewer
  uint64_t tail = 0;        // hash of the last kTailBytes before `offset`; 0: unknown
  bool compressed = false;  // whether the stored file is compressed
  bool incomplete = false;  // a document that ended before it was complete
  bool operator==(const FileIdentity&) const = default;
};

/// Returns the hash of `bytes`; never 0.
uint64_t HashContent(std::string_view bytes);

/// Collects the bytes that identify content while it is read from its beginning.
class ContentTrace {
 public:
  /// Adds the next bytes. The caller may skip from the first kHeadBytes to the last kTailBytes before a position.
  void Add(std::string_view bytes);
  /// Sets the last bytes before a position that was reached without reading everything before it.
  void ReplaceTail(std::string tail) { tail_ = std::move(tail); }
  uint64_t Head() const { return HashContent(head_); }
  uint64_t Tail() const { return HashContent(tail_); }

 private:
  std::string head_, tail_;
};

/// Returns the key of a local file: file:///path unchanged. A path that is not UTF-8 becomes file://localhost/path, in
/// which '%' and invalid bytes are percent-encoded. Keys are unique per path and always UTF-8.
std::string FileLocation(const std::string& path);
/// Returns the path of a key that FileLocation made.
std::string PathOfLocation(std::string_view location);

}  // namespace ingot::source
