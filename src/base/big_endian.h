// Big-endian (network byte order) integers.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string_view>

namespace ingot {

/// Decodes the integer at the start of `bytes`, which must hold at least sizeof(Integer) bytes.
template <std::integral Integer>
Integer BigEndian(std::string_view bytes) {
  Integer value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return std::byteswap(value);
}

}  // namespace ingot
