#include "base/json_text.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/utf8.h"

namespace ingot {
std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = Utf8SequenceBytes(text);
    if (bytes == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
  }
  return out;
}

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text[0];
    const size_t bytes = Utf8SequenceBytes(text);
    if (bytes > 1) {
      out.append(text.substr(0, bytes));
      text.remove_prefix(bytes);
      continue;
    }
    if (bytes == 0)
      out += "\xEF\xBF\xBD";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (uint8_t(c) < 0x20)
      out += fmt::format("\\u{:04x}", uint8_t(c));
    else
      out += c;
    text.remove_prefix(1);
  }
  out += '"';
}

std::string JsonQuote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendJsonString(out, text);
  return out;
}

}  // namespace ingot
