// Checks that a fuzz target makes for every input, besides not crashing.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#define FUZZ_EXPECT(condition)                                                           \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::cerr << __FILE__ << ":" << __LINE__ << ": check failed: " #condition << "\n"; \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

namespace ingot::fuzz {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace ingot::fuzz
