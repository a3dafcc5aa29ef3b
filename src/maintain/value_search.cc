#include "maintain/value_search.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace ingot::maintain {
namespace {

bool IsDigit(char byte) {
  return byte >= '0' && byte <= '9';
}

/// Letters, digits and every byte of a character outside of ASCII.
bool IsWord(char byte) {
  return IsDigit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         uint8_t(byte) >= 0x80;
}

/// Whether a word continues from `at` in this direction. Signs that identifiers contain continue it if a word follows:
/// "ann" is not in "joe-ann", but in "(by ann.)".
bool Continues(std::string_view text, size_t at, int direction) {
  if (at >= text.size()) return false;
  if (IsWord(text[at])) return true;
  const size_t next = at + size_t(direction);
  return std::string_view("-.@+").contains(text[at]) && next < text.size() && IsWord(text[next]);
}

bool HasControl(std::string_view bytes) {
  return std::ranges::any_of(
      bytes, [](char byte) { return uint8_t(byte) < 0x20 && byte != '\t' && byte != '\n' && byte != '\r'; });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& byte : lower)
    if (byte >= 'A' && byte <= 'Z') byte = char(byte - 'A' + 'a');
  return lower;
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += char(0xC0 | (code >> 6));
    out += char(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += char(0xE0 | (code >> 12));
    out += char(0x80 | ((code >> 6) & 0x3F));
    out += char(0x80 | (code & 0x3F));
  } else {
    out += char(0xF0 | (code >> 18));
    out += char(0x80 | ((code >> 12) & 0x3F));
    out += char(0x80 | ((code >> 6) & 0x3F));
    out += char(0x80 | (code & 0x3F));
  }
}

/// The code unit of the escape at `at`, such as "\u00fc"; -1 if there is none.
int64_t CodeUnit(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  uint32_t unit = 0;
  const char *begin = text.data() + at + 2, *end = begin + 4;
  return std::from_chars(begin, end, unit, 16).ptr == end ? int64_t(unit) : -1;
}

/// CSV doubles the quotes inside of a quoted value.
std::string WithoutDoubledQuotes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') ++i;
  }
  return out;
}

}  // namespace

std::string WithoutJsonEscapes(std::string_view text) {
  constexpr std::string_view kLetters = "bfnrt", kMeanings = "\b\f\n\r\t";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i++];
      continue;
    }
    if (int64_t unit = CodeUnit(text, i); unit >= 0) {
      i += 6;
      const int64_t low = unit >= 0xD800 && unit < 0xDC00 ? CodeUnit(text, i) : -1;
      if (low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        i += 6;
      }
      AppendUtf8(uint32_t(unit), out);
      continue;
    }
    const size_t letter = kLetters.find(text[i + 1]);
    out += letter == std::string_view::npos ? text[i + 1] : kMeanings[letter];
    i += 2;
  }
  return out;
}

ValueSearch::ValueSearch(std::string text, Kind kind)
    : text_(kind == Kind::kUuid ? Lower(text) : std::move(text)), kind_(kind) {
  std::from_chars(text_.data(), text_.data() + text_.size(), number_);
}

bool ValueSearch::In(std::string_view bytes) const {
  if (kind_ == Kind::kNumber) return InNumbers(bytes);
  if (kind_ == Kind::kUuid)
    return InText(Lower(bytes)) || (bytes.contains('\\') && InText(Lower(WithoutJsonEscapes(bytes))));
  if (InText(bytes) || (bytes.contains('\\') && InText(WithoutJsonEscapes(bytes)))) return true;
  return text_.contains('"') && bytes.contains("\"\"") && InText(WithoutDoubledQuotes(bytes));
}

bool ValueSearch::InText(std::string_view bytes) const {
  size_t at = bytes.find(text_);
  if (at == std::string_view::npos) return false;
  if (HasControl(bytes)) return true;  // lengths and tags look like letters
  for (; at != std::string_view::npos; at = bytes.find(text_, at + 1)) {
    const bool begins = !IsWord(text_.front()) || at == 0 || !Continues(bytes, at - 1, -1);
    const bool ends = !IsWord(text_.back()) || !Continues(bytes, at + text_.size(), 1);
    if (begins && ends) return true;
  }
  return false;
}

bool ValueSearch::InNumbers(std::string_view bytes) const {
  for (size_t at = 0; at < bytes.size();) {
    const bool begins = IsDigit(bytes[at]) || (bytes[at] == '-' && at + 1 < bytes.size() && IsDigit(bytes[at + 1]));
    if (!begins || (at > 0 && (IsWord(bytes[at - 1]) || bytes[at - 1] == '.'))) {
      ++at;
      continue;
    }
    double number = 0;
    const auto parsed = std::from_chars(bytes.data() + at, bytes.data() + bytes.size(), number);
    const auto end = size_t(parsed.ptr - bytes.data());
    // Whole numbers above 2^53 are compared as text.
    const bool same = std::abs(number_) < 9e15 ? number == number_ : bytes.substr(at, end - at) == text_;
    if (parsed.ec == std::errc() && same && (end == bytes.size() || !IsWord(bytes[end]))) return true;
    at = std::max(end, at + 1);
  }
  return false;
}

}  // namespace ingot::maintain
