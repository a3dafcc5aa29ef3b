// UTF-8 validation, for text that may not be UTF-8, such as file names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ingot {

/// The length in bytes of the UTF-8 sequence at the start of `text`; 0 when it is invalid (Unicode table 3-7).
size_t Utf8SequenceBytes(std::string_view text);
bool IsUtf8(std::string_view text);
/// Whether `byte` is a UTF-8 continuation byte.
constexpr bool IsUtf8Continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}
/// Writes '%' and each byte that is not part of valid UTF-8 as %XX: the result is UTF-8 and reversible.
std::string PercentEncodeInvalidUtf8(std::string_view text);

}  // namespace ingot
