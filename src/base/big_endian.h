// Integers as networks and Java write them.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string_view>

namespace ingot {

/// The first bytes as an integer, highest byte first. There must be as many.
template <std::integral Integer>
Integer BigEndian(std::string_view bytes) {
  Integer value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return std::byteswap(value);
}

}  // namespace ingot
