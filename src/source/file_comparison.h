// Whether a file holds what was read before, by the first bytes and the last ones that were read.
#pragma once

#include <optional>
#include <string>

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

/// Up to `bytes` of the uncompressed content from `offset` on.
Result<std::string> ReadFrom(const std::string& path, int64_t offset, int64_t bytes);

}  // namespace ingot::source
