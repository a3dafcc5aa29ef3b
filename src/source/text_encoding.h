// Text files that are not UTF-8: byte order marks, conversion to UTF-8, and the byte counts of converted text.
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
/// Returns the byte order mark at the start of `bytes`. A mark takes at most three bytes.
std::optional<ByteOrderMark> FindByteOrderMark(std::string_view bytes);

/// Whether `bytes` begin with the mark of UTF-32, which is not supported. It takes four bytes; two of them are those of
/// UTF-16.
bool HasUtf32Mark(std::string_view bytes);

/// The bytes of a code unit, in which line ends and delimiters are written.
size_t UnitBytes(TextEncoding encoding);

/// Whether more text follows the bytes that are at hand.
enum class Rest { kFollows, kNone };

/// Appends `bytes` as UTF-8. Each unit that is not a character becomes U+FFFD; UTF-8 input is copied unchanged. If more
/// text follows, an incomplete character at the end is left. Returns the bytes used.
size_t AppendAsUtf8(std::string_view bytes, TextEncoding encoding, Rest rest, std::string& out);

/// The number of input bytes from which AppendAsUtf8 made `utf8`, which may be a part of its output.
size_t BytesBefore(std::string_view utf8, TextEncoding encoding);

/// The position of the first unit that is not a character of the encoding.
std::optional<size_t> FindInvalidText(std::string_view bytes, TextEncoding encoding);

}  // namespace ingot::source
