#include "parquet/hybrid_runs.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace ingot::parquet_format {
namespace {

/// A decoder written after the grammar of the specification.
std::vector<uint32_t> Decode(const std::string& bytes, int width, size_t count) {
  std::vector<uint32_t> values;
  size_t at = 0;
  const auto bit = [&](size_t from, size_t i) { return uint8_t(bytes.at(from + i / 8)) >> (i % 8) & 1; };
  while (values.size() < count) {
    uint64_t header = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = uint8_t(bytes.at(at++));
      header |= uint64_t(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    if (header & 1) {
      const size_t packed = size_t(header >> 1) * 8;
      for (size_t i = 0; i < packed; ++i) {
        uint32_t value = 0;
        for (int b = 0; b < width; ++b) value |= uint32_t(bit(at, i * size_t(width) + size_t(b))) << b;
        if (values.size() < count) values.push_back(value);
      }
      at += size_t(header >> 1) * size_t(width);
    } else {
      uint32_t value = 0;
      std::memcpy(&value, bytes.data() + at, size_t(width + 7) / 8);
      at += size_t(width + 7) / 8;
      values.insert(values.end(), size_t(header >> 1), value);
    }
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(values.size(), count);
  return values;
}

// Goal:   values round-trip for each bit width. Method: runs and mixtures of all lengths around eight, decoded by the
// grammar of the specification.
TEST(HybridRuns, RoundTripsEveryWidth) {
  std::mt19937 random(7);
  for (int width = 0; width <= 32; ++width)
    for (int turn = 0; turn < 20; ++turn) {
      const uint64_t most = width == 0 ? 0 : (uint64_t(1) << width) - 1;
      std::vector<uint32_t> values;
      const size_t count = random() % 2000;
      while (values.size() < count) {
        const bool run = random() % 4 == 0;
        const uint32_t value = uint32_t(random() & most);
        values.insert(values.end(), run ? random() % 40 : 1, value);
      }
      std::string bytes;
      AppendHybridRuns(values, width, bytes);
      EXPECT_EQ(Decode(bytes, width, values.size()), values) << width;
    }
}

// Goal:   runs take a few bytes; the bit width is that of the largest value. Method: a long run; boundary values.
TEST(HybridRuns, RunsAreShort) {
  std::string bytes;
  AppendHybridRuns(std::vector<uint32_t>(100'000, 5), 3, bytes);
  EXPECT_EQ(bytes.size(), 4u);
  EXPECT_EQ(BitWidth(0), 0);
  EXPECT_EQ(BitWidth(1), 1);
  EXPECT_EQ(BitWidth(255), 8);
  EXPECT_EQ(BitWidth(256), 9);
  bytes.clear();
  AppendBits(std::vector<uint32_t>{1, 0, 1, 1, 0, 0, 0, 0, 1}, 1, bytes);
  EXPECT_EQ(bytes, std::string("\x0d\x01"));
}

}  // namespace
}  // namespace ingot::parquet_format
