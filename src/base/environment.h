// Variables of the environment.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>

namespace ingot {

/// The variable's value; `fallback` where it is not set, or empty.
inline std::string EnvironmentOr(const char* name, std::string fallback = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::move(fallback) : std::string(value);
}

}  // namespace ingot
