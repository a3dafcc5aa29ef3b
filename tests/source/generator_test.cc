#include "source/generator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ingot::source {
namespace {

// Goal:   equal seeds give equal records, however they are split.
// Method: one range at once, and in pieces across blocks.
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

// Goal:   locations are skewed, and a day has its curve by their clocks: more and slower tests in the evening.
// Method: tests in the night and the evening of the largest city, five hours behind UTC in winter.
TEST(Generator, HasACurveAndSkew) {
  std::string text;
  GenerateRecords({.records = 100'000, .start_micros = 0}, 0, 100'000, text);
  int night = 0, evening = 0, largest = 0;
  double night_speed = 0, evening_speed = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.find("\"New York\"") == std::string::npos) continue;
    ++largest;
    const int64_t hour = (std::stoll(line.substr(14)) / 3'600'000 + 24 - 5) % 24;
    const double speed = std::stod(line.substr(line.find("download_speed") + 17));
    if (hour >= 1 && hour < 5) ++night, night_speed += speed;
    if (hour >= 18 && hour < 22) ++evening, evening_speed += speed;
  }
  EXPECT_GT(evening, night * 5);
  EXPECT_GT(largest, 8'000);
  EXPECT_GT(night_speed / night, evening_speed / evening * 1.05);
}

}  // namespace
}  // namespace ingot::source
