// The nearest valid word, for error messages that help.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot {

/// Edit distance (Levenshtein, adjacent swaps count one). Cost: O(|a|·|b|).
size_t EditDistance(std::string_view a, std::string_view b);

/// " (did you mean 'brokers'?)" when a candidate is near enough to `word`, else "".
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

}  // namespace ingot
