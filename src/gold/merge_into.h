// Merges into sorted vectors that grow repeatedly in small steps.
#pragma once

#include <vector>

namespace ingot::gold {

/// Merges `fresh` into `into`, both sorted by `less`, in place and from the back. Capacity grows by an extra fifth, so
/// that reallocation is rare.
template <typename T, typename Less>
void MergeInto(std::vector<T>& into, const std::vector<T>& fresh, const Less& less) {
  if (fresh.empty()) return;
  size_t i = into.size(), j = fresh.size(), at = i + j;
  if (at > into.capacity()) into.reserve(at + at / 5);
  into.resize(at);
  while (j > 0)
    if (i > 0 && less(fresh[j - 1], into[i - 1]))
      into[--at] = into[--i];
    else
      into[--at] = fresh[--j];
}

}  // namespace ingot::gold
