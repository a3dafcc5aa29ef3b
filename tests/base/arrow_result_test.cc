#include "base/arrow_result.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   Arrow's status codes map to the right error kinds. Method: one status of each code.
TEST(ArrowResult, CodesBecomeKinds) {
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x")).kind, ErrorKind::kCorrupt);
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x"), ErrorKind::kRetry).kind, ErrorKind::kRetry);
  EXPECT_EQ(FromArrow(arrow::Status::NotImplemented("x")).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(FromArrow(arrow::Status::Invalid("bad footer")).message, "bad footer");
}

}  // namespace
}  // namespace ingot
