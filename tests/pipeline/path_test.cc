#include <gtest/gtest.h>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

// Goal:   a path has keys and indexes, which count from either end.
// Method: each form, and texts that are not a path.
TEST(Path, FormsAndErrors) {
  const Path path = *ParsePath("$.a.b[0].c[-1]['d e'][last][first]");
  ASSERT_EQ(path.size(), 8u);
  EXPECT_EQ(path[2].index, 0);
  EXPECT_EQ(path[4].index, -1);
  EXPECT_EQ(path[5].key, "d e");
  EXPECT_EQ(path[6].index, -1);
  EXPECT_EQ(path[7].index, 0);
  for (const char* bad : {"", "a.b", "$", "$.", "$.a[", "$.a[x]", "$[0]", "$.a..b"})
    EXPECT_EQ(ParsePath(bad).error().kind, ErrorKind::kBadConfig) << bad;
}

}  // namespace
}  // namespace ingot::pipeline
