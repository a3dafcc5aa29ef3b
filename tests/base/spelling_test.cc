#include "base/spelling.h"

#include <gtest/gtest.h>

#include <vector>

namespace ingot {
namespace {

// Goal:   the distance counts edits; a swap counts one. Method: known pairs.
TEST(Spelling, DistanceCountsEdits) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("uint", "unit"), 1u);
}

// Goal:   only similar words are suggested. Method: a similar and a dissimilar word.
TEST(Spelling, SuggestsTheMostSimilarWord) {
  const std::vector<std::string> words{"brokers", "topic"};
  EXPECT_EQ(DidYouMean("broker", words), " (did you mean 'brokers'?)");
  EXPECT_EQ(DidYouMean("warehouse", words), "");
}

}  // namespace
}  // namespace ingot
