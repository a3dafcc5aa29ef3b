#include "base/status_detail.h"

#include <gtest/gtest.h>

#include "base/arrow_result.h"

namespace ingot {
namespace {

// Goal:   errors keep kind and message through arrow::Status. Method: every kind; a status created by Arrow.
TEST(StatusDetail, KindsPassThroughArrow) {
  for (const ErrorKind kind : {ErrorKind::kRetry, ErrorKind::kConflict, ErrorKind::kBadConfig, ErrorKind::kCorrupt}) {
    const Error back = FromArrow(ToArrow({kind, "read x: connection lost"}));
    EXPECT_EQ(back.kind, kind);
    EXPECT_EQ(back.message, "read x: connection lost");
  }
  EXPECT_FALSE(KindOf(arrow::Status::IOError("x")));
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x")).kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot
