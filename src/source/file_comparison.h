// Detects whether a file holds the content that was read before, by the first and last bytes that were read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "source/file_listing.h"

namespace ingot::source {

/// A file whose content continues what was read.
struct Continuation {
  FileIdentity now;
  bool ends = false;  // compressed content ends at the offset; not checked for plain files, whose size shows it
};

/// What an earlier run read of a file.
struct ReadBefore {
  int64_t offset = 0;
  const FileIdentity* identity = nullptr;  // null when an earlier version read it; then only the length is compared
  bool to_the_end = false;                 // of a compressed file: then it need not be decompressed for the length
};

/// Compares the first bytes of the content of `file` with what was read before.
/// Output: nothing when the content differs.
/// Errors: kNotFound; kRetry; kCorrupt for damaged compressed data.
Result<std::optional<Continuation>> Compare(const InputFile& file, const ReadBefore& before);

struct ContentHead {
  std::string bytes;  // the first kHeadBytes, or fewer in a shorter file
  bool compressed = false;
};
Result<ContentHead> ReadHead(const std::string& path);

/// How the beginnings of two files compare, over kTailBytes or to the end of the shorter file.
enum class Beginning { kDifferent, kSame, kFirstShorter, kSecondShorter };
/// A compressed file that is still being written is compared as far as it can be read.
Result<Beginning> CompareBeginnings(const std::string& first, const std::string& second);

/// A cache of file comparisons. A follower compares the same pairs at every poll; they are reread only after one of the
/// two was written. It holds kPairsMax pairs and is cleared when it is full.
class ComparedPairs {
 public:
  struct Pair {
    FileStat first, second;
    Beginning beginning = Beginning::kDifferent;
    int64_t not_all_of = -1;  // `first` does not hold all of these bytes, which were read of `second`
  };

  /// Like CompareBeginnings. The result is valid until the next call. Errors are not cached.
  Result<Pair*> Compare(const InputFile& first, const InputFile& second);

 private:
  static constexpr size_t kPairsMax = 16384;
  std::map<std::pair<std::string, std::string>, Pair> pairs_;  // by their locations
};

/// Reads up to `bytes` of the uncompressed content from `offset`.
Result<std::string> ReadFrom(const std::string& path, int64_t offset, int64_t bytes);

}  // namespace ingot::source
