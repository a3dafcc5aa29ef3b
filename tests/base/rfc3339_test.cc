#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   RFC 3339 timestamps with offsets and fractions are parsed. Method: valid ones by value, invalid ones fail.
TEST(Rfc3339, Times) {
  int64_t micros = 0;
  ASSERT_TRUE(ParseRfc3339("2020-03-18T00:06:41.561087816Z", micros));
  EXPECT_EQ(micros, 1'584'490'001'561'087);
  int64_t nanos = 0;
  ASSERT_TRUE(ParseRfc3339("2020-03-18T00:06:41.561087816Z", micros, &nanos));
  EXPECT_EQ(nanos, 816);
  ASSERT_TRUE(ParseRfc3339("1970-01-01 01:00:00+01:00", micros));
  EXPECT_EQ(micros, 0);
  for (const char* bad :
       {"", "2020-03-18", "2020-03-18T00:06:41", "2020-13-18T00:06:41Z", "2020-02-30T00:00:00Z", "2020-03-18T24:00:00Z",
        "2020-03-18T00:06:41.Z", "2020-03-18T00:06:41Zx", "2020-03-18T00:06:41+1"})
    EXPECT_FALSE(ParseRfc3339(bad, micros)) << bad;
}

}  // namespace
}  // namespace ingot
