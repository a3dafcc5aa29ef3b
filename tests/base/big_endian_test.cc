#include "base/big_endian.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace ingot {
namespace {

// Goal:   big-endian integers of each width and sign are decoded. Method: the same bytes as each type; extra bytes.
TEST(BigEndian, Widths) {
  const std::string_view bytes("\xff\xfe\x00\x01\x02\x03\x04\x05\x06", 9);
  EXPECT_EQ(BigEndian<int16_t>(bytes), -2);
  EXPECT_EQ(BigEndian<uint32_t>(bytes), 0xfffe0001u);
  EXPECT_EQ(BigEndian<int32_t>(bytes.substr(2)), 0x00010203);
  EXPECT_EQ(BigEndian<int64_t>(bytes.substr(1)), int64_t(0xfe00010203040506));
}

}  // namespace
}  // namespace ingot
