#include "base/crc32.h"

#include <arrow/util/crc32.h>
#include <gtest/gtest.h>

#include <string>

namespace ingot {
namespace {

uint32_t BitByBit(std::string_view bytes) {
  uint32_t state = ~0u;
  for (const char byte : bytes) {
    state ^= uint8_t(byte);
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ (state & 1 ? 0xEDB88320 : 0);
  }
  return ~state;
}

// Goal:   the checksum is the standard CRC-32 for every length, in one call or several, also as Arrow's function.
// Method: the standard's check value; each length up to several SIMD steps against a bitwise version; each split of a
// text.
TEST(Crc32, IsTheStandardChecksum) {
  EXPECT_EQ(Crc32(0, "123456789"), 0xCBF43926u);
  std::string bytes;
  for (size_t i = 0; i < 400; ++i) {
    EXPECT_EQ(Crc32(0, bytes), BitByBit(bytes)) << i;
    EXPECT_EQ(arrow::internal::crc32(0, bytes.data(), bytes.size()), BitByBit(bytes)) << i;
    bytes += char(i * 37 + i / 7);
  }
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(Crc32(Crc32(0, bytes.substr(0, cut)), bytes.substr(cut)), BitByBit(bytes)) << cut;
}

}  // namespace
}  // namespace ingot
