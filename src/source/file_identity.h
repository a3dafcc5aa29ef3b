// What tells the content of an input file from another's, whatever its name: where it lies on its file system, and
// hashes of what was read. Source: docs/formats/snapshot-summary.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::source {

/// A file at one moment. While its stat is equal, the file has not been touched.
struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t born_ns = 0;  // 0 where the file system does not say
  int64_t stored_bytes = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // of the inode: an older modification time that was set by hand is seen
  bool operator==(const FileStat&) const = default;
};

/// True when both are the same file on disk. The inode of a deleted file may be given to a new one, which is born
/// later.
bool IsSameFile(const FileStat& a, const FileStat& b);

/// Errors: kNotFound; kRetry.
Result<FileStat> StatFile(const std::string& path);
Result<FileStat> StatFile(int descriptor);

/// So many bytes at the beginning, and before the position, tell one content from another.
inline constexpr int64_t kHeadBytes = 4096, kTailBytes = 64 << 10;

/// What was read of one content. All offsets are of the uncompressed content.
struct FileIdentity {
  std::string location;  // where the file was last; empty when another file has its name now
  FileStat stat;
  int64_t offset = 0;       // what lies before has been read
  uint64_t head = 0;        // hash of the first kHeadBytes before `offset`, or of as many as there are
  uint64_t tail = 0;        // hash of the last kTailBytes before `offset`; 0: not known
  bool compressed = false;  // as stored
  bool incomplete = false;  // a document that ended before it was whole
  bool operator==(const FileIdentity&) const = default;
};

/// Never 0.
uint64_t HashContent(std::string_view bytes);

/// The bytes by which content is recognized, kept up while it is read from its beginning on.
class ContentTrace {
 public:
  /// What comes next. It may skip from the first kHeadBytes to the last kTailBytes before a position.
  void Add(std::string_view bytes);
  /// Puts the last bytes before a position that was reached without reading all of them.
  void ReplaceTail(std::string tail) { tail_ = std::move(tail); }
  uint64_t Head() const { return HashContent(head_); }
  uint64_t Tail() const { return HashContent(tail_); }

 private:
  std::string head_, tail_;
};

/// The key of a local file: file:///path as it is. A path that is not UTF-8 becomes file://localhost/path, in which '%'
/// and the bytes that are not UTF-8 are percent-encoded: no two files share a key, and a key is always UTF-8.
std::string FileLocation(const std::string& path);
/// The path that the key was made of.
std::string PathOfLocation(std::string_view location);

}  // namespace ingot::source
