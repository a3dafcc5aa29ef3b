#include "base/fault.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ingot {
namespace {

// Goal:   a fault happens only at its point and hit. Method: in a child process, since INGOT_FAULT is read once.
TEST(FaultPoint, FailsAtTheNamedHitAlone) {
  EXPECT_EXIT(
      {
        setenv("INGOT_FAULT", "here:2=fail", 1);
        const bool right = FaultPoint("here").has_value() && FaultPoint("there").has_value() && !FaultPoint("here") &&
                           FaultPoint("here").has_value();
        std::exit(right ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

// Goal:   the default action is SIGKILL. Method: a child process.
TEST(FaultPoint, KillsTheProcess) {
  EXPECT_EXIT(
      {
        setenv("INGOT_FAULT", "end=kill", 1);
        (void)FaultPoint("end");
        std::exit(0);
      },
      testing::KilledBySignal(9), "");
}

}  // namespace
}  // namespace ingot
