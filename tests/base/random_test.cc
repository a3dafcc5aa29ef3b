#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace ingot {
namespace {

// Goal:   identifiers are distinct version 4 UUIDs. Method: the version and variant digits of a thousand of them.
TEST(Random, UuidsAreVersionFourAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = RandomUuid();
    ASSERT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace ingot
