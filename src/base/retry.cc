#include "base/retry.h"

#include <algorithm>
#include <thread>

#include "base/random.h"

namespace ingot {

bool Backoff::Wait() {
  if (attempts_ >= options_.attempts_max) return false;
  const auto ceiling =
      std::min<int64_t>(options_.wait_max.count(), options_.wait_first.count() << std::min(attempts_, 20));
  std::this_thread::sleep_for(std::chrono::milliseconds(1 + RandomBits() % std::max<int64_t>(ceiling, 1)));
  ++attempts_;
  return true;
}

}  // namespace ingot
