#include "base/retry.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   retries have an end. Method: count the attempts that are granted.
TEST(Backoff, GrantsABoundedNumberOfAttempts) {
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
