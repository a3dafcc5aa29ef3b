// SHA-256, for names derived from contents. Source: FIPS 180-4.
#pragma once

#include <string>
#include <string_view>

namespace ingot {

/// The digest of `bytes` as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace ingot
