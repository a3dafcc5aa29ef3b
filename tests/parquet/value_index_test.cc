#include "parquet/value_index.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace ingot::parquet_format {
namespace {

// Goal:   equal values share a number, others do not, in the order of their first appearance. Method: a map of the
// standard library beside it, over enough values to grow several times.
TEST(ValueIndex, NumbersAsAMapDoes) {
  std::mt19937_64 random(3);
  WordIndex<uint64_t> words;
  TextIndex texts;
  std::unordered_map<uint64_t, uint32_t> known;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = random() % 20'000 * (random() % 2 ? 1 : uint64_t(1) << 40);
    const uint32_t number = known.try_emplace(value, uint32_t(known.size())).first->second;
    ASSERT_EQ(words.NumberOf(value), number);
    ASSERT_EQ(texts.NumberOf(std::to_string(value)), number);
  }
  EXPECT_EQ(words.size(), known.size());
  EXPECT_EQ(texts.size(), known.size());
  for (const auto& [value, number] : known) {
    EXPECT_EQ(words.words()[number], value);
    EXPECT_EQ(texts.Text(number), std::to_string(value));
  }
  words.Clear();
  texts.Clear();
  EXPECT_EQ(words.NumberOf(9), 0u);
  EXPECT_EQ(texts.NumberOf(""), 0u);
  EXPECT_EQ(texts.NumberOf("x"), 1u);
  EXPECT_EQ(texts.page(), std::string("\0\0\0\0\1\0\0\0x", 9));
}

}  // namespace
}  // namespace ingot::parquet_format
