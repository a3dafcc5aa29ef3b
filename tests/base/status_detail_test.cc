#include "base/status_detail.h"

#include <gtest/gtest.h>

#include "base/arrow_result.h"

namespace ingot {
namespace {

// Goal:   an error that passes through Arrow is the same behind it. Method: every kind; a Status of Arrow's own.
TEST(StatusDetail, KindsPassThroughArrow) {
  for (const ErrorKind kind : {ErrorKind::kRetry, ErrorKind::kConflict, ErrorKind::kBadConfig, ErrorKind::kCorrupt}) {
    const Error back = FromArrow(ToArrow({kind, "read x: it is away"}));
    EXPECT_EQ(back.kind, kind);
    EXPECT_EQ(back.message, "read x: it is away");
  }
  EXPECT_FALSE(KindOf(arrow::Status::IOError("x")));
  EXPECT_EQ(FromArrow(arrow::Status::IOError("x")).kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot
