#include "base/uuid.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   valid UUIDs are parsed, others are not. Method: digits of both cases; missing dashes, a wrong digit, a wrong
// length.
TEST(Uuid, IsParsed) {
  uint8_t bytes[16];
  ASSERT_TRUE(ParseUuid("550e8400-e29b-41d4-A716-446655440000", bytes));
  EXPECT_EQ(bytes[0], 0x55);
  EXPECT_EQ(bytes[8], 0xA7);
  for (const char* bad : {"550e8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-44665544000g",
                          "550e8400-e29b-41d4-a716-4466554400000", "-50e8400-e29b-41d4-a716-446655440000"})
    EXPECT_FALSE(ParseUuid(bad, bytes)) << bad;
}

}  // namespace
}  // namespace ingot
