#include "source/generator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ingot::source {
namespace {

// Goal:   equal seeds give equal records, however they are cut. Method: one stretch, and in pieces across blocks.
TEST(Generator, IsDeterministic) {
  const GeneratorOptions options{.records = 40'000, .dirty = 0.2, .start_micros = 1'700'000'000'000'000};
  std::string whole, pieces, other;
  GenerateRecords(options, 0, 40'000, whole);
  for (int64_t begin = 0; begin < 40'000; begin += 7'001)
    GenerateRecords(options, begin, std::min<int64_t>(40'000, begin + 7'001), pieces);
  EXPECT_TRUE(whole == pieces);
  GenerateRecords({.records = 40'000, .seed = 2, .dirty = 0.2, .start_micros = 1'700'000'000'000'000}, 0, 40'000,
                  other);
  EXPECT_FALSE(whole == other);
  EXPECT_EQ(std::ranges::count(whole, '\n'), 40'000);
}

// Goal:   a day has its curve and places are skewed. Method: tests per third of the day and of the largest city.
TEST(Generator, HasACurveAndSkew) {
  std::string text;
  GenerateRecords({.records = 100'000, .start_micros = 0}, 0, 100'000, text);
  int night = 0, evening = 0, largest = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    const int64_t hour = std::stoll(line.substr(14)) / 3'600'000;
    night += hour >= 1 && hour < 5;
    evening += hour >= 18 && hour < 22;
    largest += line.find("\"New York\"") != std::string::npos;
  }
  EXPECT_GT(evening, night * 5);
  EXPECT_GT(largest, 8'000);
}

}  // namespace
}  // namespace ingot::source
