// A long text in pieces, most of which stay the same from version to version.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace ingot::iceberg {

struct TextPiece {
  using Key = std::pair<uint64_t, uint64_t>;
  Key key{};         // equal keys mean equal text, within this process; {0, 0}: a text that changes each time
  size_t bytes = 0;  // approximate size
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
