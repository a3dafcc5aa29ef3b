// What a fuzz target holds of every input, beside that nothing crashes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#define FUZZ_EXPECT(condition)                                                            \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::cerr << __FILE__ << ":" << __LINE__ << ": does not hold: " #condition << "\n"; \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace ingot::fuzz {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace ingot::fuzz
