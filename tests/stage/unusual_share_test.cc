#include "stage/unusual_share.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ingot::stage {
namespace {

using Runs = std::vector<Share>;

// Goal:   a share far from the last runs is found, in either direction; small differences and small runs are not.
// Method: a table of earlier runs and a run.
TEST(UnusualShare, OnlyWhatIsFar) {
  const Runs none(5, {1000, 0}), few{{1000, 20}, {900, 21}, {1100, 19}}, half(4, {1000, 500}), most(4, {1000, 990});
  const Runs two(2, {1000, 0}), empty(5, {0, 0}), uneven{{100, 0}, {100, 60}, {100, 5}, {100, 10}};
  struct {
    const Runs& earlier;
    Share now;
    bool far;
  } const cases[] = {
      {none, {1000, 1000}, true},   {none, {1000, 15}, true},     {none, {1000, 9}, false},
      {none, {60, 1}, false},       {none, {20, 20}, true},       {few, {1000, 200}, true},
      {few, {1000, 50}, false},     {few, {2000, 0}, true},       {few, {100, 0}, false},
      {half, {1000, 950}, true},    {half, {1000, 700}, false},   {half, {1000, 30}, true},
      {most, {1000, 900}, true},    {most, {1000, 985}, false},   {two, {1000, 1000}, false},
      {empty, {1000, 1000}, false}, {uneven, {1000, 550}, false}, {uneven, {1000, 950}, true},
      {none, {0, 0}, false},        {{}, {1000, 1000}, false},
  };
  for (const auto& [earlier, now, far] : cases)
    EXPECT_EQ(IsFarFrom(earlier, now), far) << earlier.size() << " runs, " << now.found << " of " << now.rows;
}

// Goal:   no false alarm where nothing changes.
// Method: many runs of different sizes with the same chance.
TEST(UnusualShare, QuietForChance) {
  std::mt19937_64 random(7);
  for (const double chance : {0.0, 0.001, 0.02, 0.3, 0.5, 0.97, 1.0}) {
    Runs earlier;
    for (int run = 0; run < 300; ++run) {
      const int64_t rows = std::uniform_int_distribution<int64_t>(1, 3000)(random);
      const Share now{rows, std::binomial_distribution<int64_t>(rows, chance)(random)};
      EXPECT_FALSE(IsFarFrom(earlier, now)) << chance << ": " << now.found << " of " << now.rows;
      earlier.push_back(now);
      if (earlier.size() > 20) earlier.erase(earlier.begin());
    }
  }
}

// Goal:   a few rows that are all null say nothing if nulls are usual; without earlier rows they do.
// Method: a table.
TEST(UnusualShare, AllOfAFewRows) {
  EXPECT_TRUE(AllAreImprobable({}, 1));
  EXPECT_TRUE(AllAreImprobable({1000, 0}, 2));
  EXPECT_FALSE(AllAreImprobable({1000, 500}, 5));
  EXPECT_TRUE(AllAreImprobable({1000, 500}, 20));
  EXPECT_FALSE(AllAreImprobable({1000, 999}, 1000));
}

}  // namespace
}  // namespace ingot::stage
