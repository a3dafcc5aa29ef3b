#include "base/progress.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   numbers have three significant digits and a unit. Method: one per unit.
TEST(Progress, HumanNumbers) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1234), "1.23 k");
  EXPECT_EQ(HumanCount(45'600'000), "45.6 M");
  EXPECT_EQ(HumanBytes(847'000'000), "847 MB");
}

// Goal:   nothing is drawn when stderr is not a terminal. Method: stderr of a test is captured.
TEST(Progress, IsSilentInAPipe) {
  testing::internal::CaptureStderr();
  {
    ProgressLine progress("work", 10, "records");
    for (int i = 0; i < 10; ++i) progress.Add(1);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace ingot
