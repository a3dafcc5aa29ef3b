#include "storage/location.h"

#include <gtest/gtest.h>

namespace ingot::storage {
namespace {

// Goal:   the forms that engines write name the same file. Method: three forms, one foreign scheme.
TEST(Location, FormsOfOneFile) {
  EXPECT_EQ(*LocalPath("file:///a/b"), "/a/b");
  EXPECT_EQ(*LocalPath("file:/a/b"), "/a/b");
  EXPECT_EQ(*LocalPath("/a/b"), "/a/b");
  EXPECT_EQ(LocalPath("gs://bucket/x").error().kind, ErrorKind::kUnsupported);
}

TEST(Location, AbsoluteAndJoined) {
  EXPECT_EQ(AbsoluteLocation("/a/./b/../c/"), "file:///a/c");
  EXPECT_EQ(AbsoluteLocation("file:/a/b"), "file:///a/b");
  EXPECT_EQ(AbsoluteLocation("s3://bucket/x"), "s3://bucket/x");
  EXPECT_EQ(JoinLocation("file:///a/", "/b"), "file:///a/b");
}

}  // namespace
}  // namespace ingot::storage
