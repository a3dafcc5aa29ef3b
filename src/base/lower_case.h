// ASCII case folding, for case-insensitive names.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace ingot {

/// `text` with ASCII letters in lower case; other bytes unchanged.
inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = char(std::tolower(uint8_t(c)));
  return lower;
}

}  // namespace ingot
