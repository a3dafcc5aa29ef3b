// Returns the value of a result, or prints the error and exits.
#pragma once

#include <cstdlib>
#include <iostream>

#include "base/result.h"

namespace ingot::bench {

template <typename T>
T Must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().message << "\n";
  std::exit(1);
}
inline void Must(const Status& status) {
  if (!status) std::cerr << status.error().message << "\n", std::exit(1);
}

}  // namespace ingot::bench
