#include "base/outage.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace ingot {
namespace {

constexpr int64_t kStart = 1'764'331'385'000'000;  // 2025-11-28 12:03:05 UTC
constexpr int64_t kSecond = kMicrosPerSecond;

/// The lines logged in the seconds [from, to) after the start.
std::vector<std::string> Heard(Outages& outages, int64_t from, int64_t to) {
  std::vector<std::string> lines;
  for (int64_t second = from; second < to; ++second)
    for (const std::string& line : outages.Due(kStart + second * kSecond)) lines.push_back(line);
  return lines;
}

// Goal:   an outage is logged once a minute with its start and last error, and once at its end.
// Method: an outage of three minutes with simulated time.
TEST(Outages, LoggedOnceAMinute) {
  Outages outages;
  outages.Failed("S3 at http://h:9000", "refused", kStart);
  EXPECT_TRUE(Heard(outages, 0, 20).empty());
  EXPECT_EQ(Heard(outages, 20, 80),
            (std::vector<std::string>{"waiting for S3 at http://h:9000 since 12:03:05 UTC (20 s): refused"}));
  outages.Failed("S3 at http://h:9000", "no answer", kStart + 70 * kSecond);
  EXPECT_EQ(Heard(outages, 80, 180),
            (std::vector<std::string>{"waiting for S3 at http://h:9000 since 12:03:05 UTC (1 min): no answer",
                                      "waiting for S3 at http://h:9000 since 12:03:05 UTC (2 min): no answer"}));
  EXPECT_EQ(outages.All()[0].since_micros, kStart);
  EXPECT_EQ(outages.Answered("S3 at http://h:9000", kStart + 185 * kSecond),
            "no longer waiting for S3 at http://h:9000 (since 12:03:05 UTC, 3 min): resuming");
  EXPECT_EQ(outages.Answered("S3 at http://h:9000", kStart + 186 * kSecond), std::nullopt);
  EXPECT_TRUE(Heard(outages, 186, 400).empty());
  EXPECT_EQ(outages.All()[0].since_micros, 0);
}

// Goal:   short outages are not logged; servers are independent; a second outage starts again. Method: two servers.
TEST(Outages, EachServerForItself) {
  Outages outages;
  outages.Failed("a", "x", kStart);
  EXPECT_EQ(outages.Answered("a", kStart + 10 * kSecond), std::nullopt);
  outages.Failed("a", "x", kStart + 30 * kSecond);
  outages.Failed("b", "y", kStart + 40 * kSecond);
  EXPECT_EQ(outages.Answered("c", kStart + 45 * kSecond), std::nullopt);
  EXPECT_EQ(Heard(outages, 40, 61), (std::vector<std::string>{"waiting for a since 12:03:35 UTC (20 s): x",
                                                              "waiting for b since 12:03:45 UTC (20 s): y"}));
}

}  // namespace
}  // namespace ingot
