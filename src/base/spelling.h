// Suggests the most similar valid word in error messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// Levenshtein distance in which a swap of adjacent characters counts one. Cost: O(|a|·|b|).
size_t EditDistance(std::string_view a, std::string_view b);

/// " (did you mean 'brokers'?)" when a candidate is similar to `word`, else "".
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

}  // namespace ingot
