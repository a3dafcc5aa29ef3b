// Writes and skips JSON text directly, without building a document.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// Appends `text` as a JSON string with its quotes (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);
std::string JsonQuote(std::string_view text);

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);

/// Returns the position after the closing quote of the string whose opening quote is at `at`; the size of `text` when
/// the string is not closed.
inline size_t JsonStringEnd(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at < text.size() ? at + 1 : text.size();
}

}  // namespace ingot
