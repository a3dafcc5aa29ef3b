#include "parquet/dictionary.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace ingot::parquet_format {
namespace {

// Goal:   equal values share an index, and indices follow the order of first appearance. Method: compare with a
// std::unordered_map over enough values to grow several times.
TEST(Dictionary, IndicesMatchAMap) {
  std::mt19937_64 random(3);
  WordDictionary<uint64_t> words;
  TextDictionary texts;
  std::unordered_map<uint64_t, uint32_t> known;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = random() % 20'000 * (random() % 2 ? 1 : uint64_t(1) << 40);
    const uint32_t index = known.try_emplace(value, uint32_t(known.size())).first->second;
    ASSERT_EQ(words.IndexOf(value), index);
    ASSERT_EQ(texts.IndexOf(std::to_string(value)), index);
  }
  EXPECT_EQ(words.size(), known.size());
  EXPECT_EQ(texts.size(), known.size());
  for (const auto& [value, index] : known) {
    EXPECT_EQ(words.words()[index], value);
    EXPECT_EQ(texts.Text(index), std::to_string(value));
  }
  words.Clear();
  texts.Clear();
  EXPECT_EQ(words.IndexOf(9), 0u);
  EXPECT_EQ(texts.IndexOf(""), 0u);
  EXPECT_EQ(texts.IndexOf("x"), 1u);
  EXPECT_EQ(texts.page(), std::string("\0\0\0\0\1\0\0\0x", 9));
}

}  // namespace
}  // namespace ingot::parquet_format
