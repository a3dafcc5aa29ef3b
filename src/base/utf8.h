// Text that may not be UTF-8, such as the names of files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ingot {

/// Bytes of the UTF-8 sequence at the start of `text`, 0 when it is not valid (Unicode table 3-7).
size_t Utf8SequenceBytes(std::string_view text);
bool IsUtf8(std::string_view text);
/// Whether a byte of UTF-8 continues a character that a byte before it began.
constexpr bool ContinuesCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}
/// '%' and each byte that is not part of valid UTF-8 as %XX: the result is UTF-8 and can be decoded.
std::string PercentEncodeInvalidUtf8(std::string_view text);

}  // namespace ingot
