// DEFLATE (RFC 1951), bare as in Avro blocks or in gzip's frame (RFC 1952) as in metadata files; Zstandard (RFC 8878),
// which both may be compressed with.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::avro {

enum class DeflateFrame { kBare, kGzip };

/// Errors: kCorrupt for damaged or cut data.
Result<std::string> Inflate(std::string_view bytes, DeflateFrame frame);
/// Errors: kCorrupt for damaged or cut data.
Result<std::string> DecompressZstd(std::string_view bytes);
inline constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);
std::string Deflate(std::string_view bytes, DeflateFrame frame);
/// Bare blocks that end at a byte and refer to nothing before them; none of them is the last of a stream. `level`:
/// zlib's.
std::string DeflateBlocks(std::string_view bytes, int level);

}  // namespace ingot::avro
