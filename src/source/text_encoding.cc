#include "source/text_encoding.h"

#include <arrow/util/utf8.h>

#include <array>
#include <cstdint>

namespace ingot::source {
namespace {

constexpr uint32_t kNone = 0xFFFD;

/// The bytes 0x80 to 0x9F in windows-1252; five of them are undefined.
constexpr std::array<uint16_t, 32> kWindows1252 = {0x20AC, kNone,  0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, kNone,  0x017D, kNone,
                                                   kNone,  0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, kNone,  0x017E, 0x0178};

bool IsUtf16(TextEncoding encoding) {
  return encoding == TextEncoding::kUtf16Le || encoding == TextEncoding::kUtf16Be;
}

void AppendCodePoint(uint32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += char(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += char(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += char(0xE0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += char(0xF0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

bool IsUtf8(std::string_view bytes) {
  [[maybe_unused]] static const bool ready = (arrow::util::InitializeUTF8(), true);
  return arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(bytes.data()), int64_t(bytes.size()));
}

/// One UTF-16 character: its code point, or kNone for an unpaired surrogate and an odd last byte.
struct Utf16Character {
  uint32_t code = kNone;
  size_t bytes = 2;
  bool whole = true;  // false: it may continue in the next bytes
};

Utf16Character ReadUtf16(std::string_view bytes, TextEncoding encoding) {
  const auto unit = [&](size_t at) {
    const auto first = uint8_t(bytes[at]), second = uint8_t(bytes[at + 1]);
    return encoding == TextEncoding::kUtf16Le ? uint32_t(second << 8 | first) : uint32_t(first << 8 | second);
  };
  if (bytes.size() < 2) return {.bytes = bytes.size(), .whole = false};
  const uint32_t high = unit(0);
  if (high < 0xD800 || high > 0xDFFF) return {.code = high};
  if (high > 0xDBFF) return {};
  if (bytes.size() < 4) return {.whole = false};
  const uint32_t low = unit(2);
  if (low < 0xDC00 || low > 0xDFFF) return {};
  return {.code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), .bytes = 4};
}

}  // namespace

std::string_view EncodingName(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf8:
      return "UTF-8";
    case TextEncoding::kLatin1:
      return "Latin-1";
    case TextEncoding::kWindows1252:
      return "windows-1252";
    case TextEncoding::kUtf16Le:
    case TextEncoding::kUtf16Be:
      return "UTF-16";
  }
  return "";
}

std::optional<ByteOrderMark> FindByteOrderMark(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return ByteOrderMark{TextEncoding::kUtf8, 3};
  if (bytes.starts_with("\xFF\xFE")) return ByteOrderMark{TextEncoding::kUtf16Le, 2};
  if (bytes.starts_with("\xFE\xFF")) return ByteOrderMark{TextEncoding::kUtf16Be, 2};
  return std::nullopt;
}

bool HasUtf32Mark(std::string_view bytes) {
  return bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4)) ||
         bytes.starts_with(std::string_view("\0\0\xFE\xFF", 4));
}

size_t UnitBytes(TextEncoding encoding) {
  return IsUtf16(encoding) ? 2 : 1;
}

size_t AppendAsUtf8(std::string_view bytes, TextEncoding encoding, Rest rest, std::string& out) {
  if (encoding == TextEncoding::kUtf8) {
    out += bytes;
    return bytes.size();
  }
  if (!IsUtf16(encoding)) {
    const bool windows = encoding == TextEncoding::kWindows1252;
    for (const char c : bytes) {
      const auto byte = uint8_t(c);
      AppendCodePoint(windows && byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte, out);
    }
    return bytes.size();
  }
  size_t used = 0;
  while (used < bytes.size()) {
    const Utf16Character character = ReadUtf16(bytes.substr(used), encoding);
    if (!character.whole && rest == Rest::kFollows) break;
    AppendCodePoint(character.code, out);
    used += character.bytes;
  }
  return used;
}

size_t BytesBefore(std::string_view utf8, TextEncoding encoding) {
  if (encoding == TextEncoding::kUtf8) return utf8.size();
  size_t units = 0;
  for (const char c : utf8) {
    const auto byte = uint8_t(c);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0 && IsUtf16(encoding);  // two units per surrogate pair
  }
  return units * UnitBytes(encoding);
}

std::optional<size_t> FindInvalidText(std::string_view bytes, TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kLatin1:
      return std::nullopt;
    case TextEncoding::kWindows1252:
      for (size_t at = 0; at < bytes.size(); ++at)
        if (const auto byte = uint8_t(bytes[at]); byte >= 0x80 && byte < 0xA0 && kWindows1252[byte - 0x80] == kNone)
          return at;
      return std::nullopt;
    case TextEncoding::kUtf16Le:
    case TextEncoding::kUtf16Be: {
      size_t at = 0;
      while (at < bytes.size()) {
        const Utf16Character character = ReadUtf16(bytes.substr(at), encoding);
        // U+FFFD itself is a valid character.
        if (character.code == kNone &&
            (!character.whole ||
             bytes.substr(at, 2) != (encoding == TextEncoding::kUtf16Le ? std::string_view("\xFD\xFF") : "\xFF\xFD")))
          return at;
        at += character.bytes;
      }
      return std::nullopt;
    }
    case TextEncoding::kUtf8:
      break;
  }
  if (IsUtf8(bytes)) return std::nullopt;
  for (size_t at = 0; at < bytes.size();) {
    const auto lead = uint8_t(bytes[at]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size > bytes.size() - at || !IsUtf8(bytes.substr(at, size))) return at;
    at += size;
  }
  return std::nullopt;
}

}  // namespace ingot::source
