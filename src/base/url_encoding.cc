#include "base/url_encoding.h"

#include <charconv>
#include <cstdint>

namespace ingot {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

void AppendEscape(char byte, std::string& text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  text += '%';
  text += kDigits[uint8_t(byte) >> 4];
  text += kDigits[uint8_t(byte) & 15];
}

std::string UrlEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text)
    if (IsUnreserved(c))
      encoded += c;
    else
      AppendEscape(c, encoded);
  return encoded;
}

std::string UrlDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 &&
        byte != 0)
      decoded += char(byte), i += 2;
    else
      decoded += text[i];
  }
  return decoded;
}

}  // namespace ingot
