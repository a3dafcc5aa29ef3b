// UUIDs as text and as bytes. Source: RFC 9562, section 4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot {

inline constexpr size_t kUuidBytes = 16, kUuidTextBytes = 36;

/// The 16 bytes of 8-4-4-4-12 hex digits of either case; false for any other text, and then `out` is undefined.
bool ParseUuid(std::string_view text, uint8_t* out);

/// The 16 bytes as 8-4-4-4-12 hex digits in lower case.
std::string UuidText(std::string_view bytes);

}  // namespace ingot
