// SHA-256, for names that tell contents apart. Source: FIPS 180-4.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// The digest of `bytes` in 64 hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace ingot
