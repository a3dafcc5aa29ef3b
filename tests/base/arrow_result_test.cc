#include "base/arrow_result.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   Arrow's status codes map to the right error kinds. Method: one status of each code.
TEST(ArrowResult, CodesBecomeKinds) {
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x")).kind, ErrorKind::kCorrupt);
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x"), ErrorKind::kRetry).kind, ErrorKind::kRetry);
  EXPECT_EQ(FromArrow(arrow::Status::NotImplemented("x")).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(FromArrow(arrow::Status::CapacityError("x")).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(FromArrow(arrow::Status::AlreadyExists("x")).kind, ErrorKind::kExists);
  EXPECT_EQ(FromArrow(arrow::Status::Invalid("x")).kind, ErrorKind::kCorrupt);
  EXPECT_EQ(FromArrow(arrow::Status::SerializationError("x")).kind, ErrorKind::kCorrupt);
  EXPECT_EQ(FromArrow(arrow::Status::Cancelled("x")).kind, ErrorKind::kCancelled);
  EXPECT_EQ(FromArrow(arrow::Status::OutOfMemory("x")).kind, ErrorKind::kRetry);
  EXPECT_EQ(FromArrow(arrow::Status::TypeError("x")).kind, ErrorKind::kInternal);
  EXPECT_EQ(FromArrow(arrow::Status::Invalid("bad footer")).message, "bad footer");
}

}  // namespace
}  // namespace ingot
