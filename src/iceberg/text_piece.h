// A long text in pieces, most of which are the same as in the version before.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace ingot::iceberg {

struct TextPiece {
  using Key = std::pair<uint64_t, uint64_t>;
  Key key{};         // pieces of one key have one text, in this process; {0, 0} for a text that is new each time
  size_t bytes = 0;  // about as many
  std::function<void(std::string&)> append;
};

inline std::string WholeText(std::span<const TextPiece> pieces) {
  size_t bytes = 0;
  for (const TextPiece& piece : pieces) bytes += piece.bytes;
  std::string text;
  text.reserve(bytes);
  for (const TextPiece& piece : pieces) piece.append(text);
  return text;
}

}  // namespace ingot::iceberg
