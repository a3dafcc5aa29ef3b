#include "base/retry.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   the number of attempts is bounded. Method: count them.
TEST(Backoff, AllowsABoundedNumberOfAttempts) {
  Backoff backoff(
      {.attempts_max = 4, .wait_first = std::chrono::milliseconds(1), .wait_max = std::chrono::milliseconds(2)});
  int granted = 0;
  while (backoff.Wait()) ++granted;
  EXPECT_EQ(granted, 3);
  EXPECT_EQ(backoff.attempts(), 4);
  EXPECT_FALSE(backoff.Wait());
}

}  // namespace
}  // namespace ingot
