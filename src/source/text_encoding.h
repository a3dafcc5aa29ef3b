// Text files that are not UTF-8: byte order marks, and bytes to UTF-8 and back to their count.
// Source: Unicode, section 3.9 (UTF-16), 23.8 (byte order mark); IANA, ISO-8859-1 and windows-1252.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::source {

enum class TextEncoding { kUtf8, kLatin1, kWindows1252, kUtf16Le, kUtf16Be };

std::string_view EncodingName(TextEncoding encoding);

struct ByteOrderMark {
  TextEncoding encoding = TextEncoding::kUtf8;
  size_t bytes = 0;
};
/// The mark that `bytes` begin with. A mark takes at most three bytes.
std::optional<ByteOrderMark> FindByteOrderMark(std::string_view bytes);

/// Whether `bytes` begin with the mark of UTF-32, which is not read. It takes four bytes; two of them are those of
/// UTF-16.
bool HasUtf32Mark(std::string_view bytes);

/// Bytes of the smallest unit, in which line ends and delimiters are written.
size_t UnitBytes(TextEncoding encoding);

/// Appends `bytes` as UTF-8; what is no character becomes U+FFFD, one a unit. Of UTF-8 bytes stay as they are. A unit
/// that may be the beginning of more is left where not `at_end`. Returns the bytes used.
size_t AppendAsUtf8(std::string_view bytes, TextEncoding encoding, bool at_end, std::string& out);

/// How many bytes became the text that AppendAsUtf8 made, or a part of it.
size_t BytesBefore(std::string_view utf8, TextEncoding encoding);

/// Where the first unit begins that is no character of the encoding.
std::optional<size_t> FindInvalidText(std::string_view bytes, TextEncoding encoding);

}  // namespace ingot::source
