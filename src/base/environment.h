// Environment variables.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>

namespace ingot {

/// The variable's value, or `fallback` when it is unset or empty.
inline std::string EnvironmentOr(const char* name, std::string fallback = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::move(fallback) : std::string(value);
}

}  // namespace ingot
