#include "base/clock.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   dates convert to days and back, also before 1970 and in leap years. Method: known dates.
TEST(Clock, CivilDatesAndDays) {
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(DaysFromCivil(1969, 12, 31), -1);
  EXPECT_EQ(DaysFromCivil(2024, 2, 29), 19782);
  for (int64_t day = -800'000; day < 800'000; day += 373) {
    const CivilDate date = CivilFromDays(day);
    EXPECT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
}

// Goal:   years beyond 16 bits do not overflow. Method: dates computed with Python and Java, and the smallest and
// largest 32-bit day.
TEST(Clock, YearsBeyond16Bits) {
  EXPECT_EQ(DaysFromCivil(56'517, 4, 28), 19'923'000);
  EXPECT_EQ(CivilFromDays(11'248'738).year, 32'767 + 1);
  EXPECT_EQ(CivilFromDays(INT32_MAX).year, 5'881'580);
  EXPECT_EQ(CivilFromDays(INT32_MIN).year, -5'877'641);
  for (const int64_t day : {int64_t(INT32_MAX), int64_t(INT32_MIN), int64_t(-719'468), int64_t(-719'469)}) {
    const CivilDate date = CivilFromDays(day);
    EXPECT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
  EXPECT_EQ(FormatTimestampMicros(INT64_MAX), "294247-01-10T04:00:54.775807Z");
  EXPECT_FALSE(ParseDuration("999999999999999d"));
}

// Goal:   timestamps are formatted in UTC with microseconds. Method: one before and one after the epoch.
TEST(Clock, TimestampsAsText) {
  EXPECT_EQ(FormatTimestampMicros(1'721'414'400'000'000), "2024-07-19T18:40:00.000000Z");
  EXPECT_EQ(FormatTimestampMicros(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_GT(NowMicros(), 1'700'000'000'000'000);
}

}  // namespace
}  // namespace ingot
