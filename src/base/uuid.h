// Converts UUIDs between text and bytes. Source: RFC 9562, section 4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot {

inline constexpr size_t kUuidBytes = 16, kUuidTextBytes = 36;

/// Parses 8-4-4-4-12 hex digits of either case into 16 bytes. Returns false, with `out` undefined, for any other text.
bool ParseUuid(std::string_view text, uint8_t* out);

/// Formats 16 bytes as 8-4-4-4-12 lower-case hex digits.
std::string UuidText(std::string_view bytes);

}  // namespace ingot
