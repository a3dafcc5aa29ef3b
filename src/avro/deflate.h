// DEFLATE (RFC 1951), raw as in Avro blocks or as a gzip stream (RFC 1952) as in metadata files; Zstandard (RFC 8878),
// an alternative for both.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ingot::avro {

enum class DeflateFrame { kRaw, kGzip };

/// Errors: kCorrupt for damaged or truncated data.
Result<std::string> Inflate(std::string_view bytes, DeflateFrame frame);
/// Errors: kCorrupt for damaged or truncated data.
Result<std::string> DecompressZstd(std::string_view bytes);
inline constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);
std::string Deflate(std::string_view bytes, DeflateFrame frame);
/// Raw DEFLATE blocks that end on a byte boundary and do not refer to earlier data, so that results can be joined; none
/// of them is the final block of a stream. `level` is zlib's.
std::string DeflateBlocks(std::string_view bytes, int level);

}  // namespace ingot::avro
