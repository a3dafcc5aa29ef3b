#include "silver/key_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ingot::silver {
namespace {

// Goal:   exactly the repeated hashes are found, over the parts of all threads.
// Method: random numbers, some repeated.
TEST(KeyHash, FindRepeated) {
  std::mt19937_64 random(7);
  std::vector<HashParts> parts(3);
  std::vector<uint64_t> twice{0, 1, ~uint64_t(0)};
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t hash = random();
    parts[size_t(i % 3)].Add({&hash, 1});
    if (i % 1000 == 0) twice.push_back(hash);
  }
  twice.erase(std::ranges::find(twice, uint64_t(1)));  // 0 is stored as 1
  for (size_t i = 0; i < twice.size(); ++i) parts[i % 3].Add({&twice[i], 1});
  parts[0].Add(std::vector<uint64_t>{0, ~uint64_t(0)});
  auto found = *FindRepeated(parts, 2);
  std::ranges::sort(found);
  std::ranges::sort(twice);
  EXPECT_EQ(found, twice);
  EXPECT_EQ(parts[0].size() + parts[1].size() + parts[2].size(), 100'000 + twice.size() + 2);
}

// Goal:   a set grows; a filter has no false negatives and few false positives.
// Method: 100,000 hashes added, as many others queried.
TEST(KeyHash, SetAndFilter) {
  std::mt19937_64 random(8);
  HashSet set;
  HashFilter filter(100'000);
  std::vector<uint64_t> in(100'000);
  for (uint64_t& hash : in) {
    hash = random();
    EXPECT_TRUE(set.Insert(hash));
    filter.Insert(hash);
  }
  EXPECT_FALSE(set.Insert(in[5]));
  EXPECT_TRUE(std::ranges::all_of(in, [&](uint64_t hash) { return set.Contains(hash) && filter.MayContain(hash); }));
  int wrong = 0;
  for (int i = 0; i < 100'000; ++i) wrong += filter.MayContain(random());
  EXPECT_LT(wrong, 1000);
  EXPECT_FALSE(HashSet().Contains(5));
}

}  // namespace
}  // namespace ingot::silver
