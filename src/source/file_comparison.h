// Whether a file holds what was read before, by the first bytes and the last ones that were read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "source/file_listing.h"

namespace ingot::source {

/// A file that goes on where reading stopped.
struct Continuation {
  FileIdentity now;
  bool ends = false;  // compressed content ends there; not looked at in plain files, whose size tells
};

/// What is `offset` bytes long is looked at in the content of `file`. Without `before` (an earlier version read it) its
/// length alone is compared; `end_was_read` then says that all of a compressed file needs not be read for it. Nothing
/// when the content is another one. Errors: kNotFound, kRetry; kCorrupt for damaged compressed data.
Result<std::optional<Continuation>> Compare(const InputFile& file, int64_t offset, const FileIdentity* before,
                                            bool end_was_read);

struct ContentHead {
  std::string bytes;  // the first kHeadBytes, or all
  bool compressed = false;
};
Result<ContentHead> ReadHead(const std::string& path);

/// How the contents of two files begin: equally, to the end of one of them or for kTailBytes.
enum class Beginning { kDifferent, kSame, kFirstShorter, kSecondShorter };
/// A compressed file that is still being written counts as far as it can be read.
Result<Beginning> CompareBeginnings(const std::string& first, const std::string& second);

/// Pairs of files that were compared. A follower asks about the same pairs at every poll: they are read again only once
/// one of the two was written to. Holds kPairsMax pairs; one more makes it forget all others.
class ComparedPairs {
 public:
  struct Pair {
    FileStat first, second;
    Beginning beginning = Beginning::kDifferent;
    int64_t not_all_of = -1;  // `first` does not have all of the so many bytes that were read of `second`
  };

  /// As CompareBeginnings; valid until the next call. Errors: its errors, which are not remembered.
  Result<Pair*> Compare(const InputFile& first, const InputFile& second);

 private:
  static constexpr size_t kPairsMax = 16384;
  std::map<std::pair<std::string, std::string>, Pair> pairs_;  // by their locations
};

/// Up to `bytes` of the uncompressed content from `offset` on.
Result<std::string> ReadFrom(const std::string& path, int64_t offset, int64_t bytes);

}  // namespace ingot::source
