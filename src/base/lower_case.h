// Names as those who do not tell upper from lower case compare them.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

namespace ingot {

/// With the letters of ASCII in lower case.
inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = char(std::tolower(uint8_t(c)));
  return lower;
}

}  // namespace ingot
