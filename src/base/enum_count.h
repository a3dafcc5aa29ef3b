// The number of values of an enum, so that a table of its values with a missing row does not compile.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingot {

/// Whether an enum has a name for the value. GCC and Clang write any other value as a cast: "(Stage)3".
template <auto value>
consteval bool IsEnumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("= (") == std::string_view::npos;
}

template <typename Enum, size_t count = 0>
consteval size_t EnumCount() {
  if constexpr (IsEnumerator<Enum(count)>())
    return EnumCount<Enum, count + 1>();
  else
    return count;
}

/// The number of values of a scoped enum whose values are 0, 1, 2, …
template <typename Enum>
inline constexpr size_t kEnumCount = EnumCount<Enum>();

}  // namespace ingot
