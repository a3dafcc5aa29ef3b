#include "base/clock.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   dates and days agree, before 1970 and in leap years too. Method: known days, and back again.
TEST(Clock, CivilDatesAndDays) {
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(DaysFromCivil(1969, 12, 31), -1);
  EXPECT_EQ(DaysFromCivil(2024, 2, 29), 19782);
  for (int64_t day = -800'000; day < 800'000; day += 373) {
    const CivilDate date = CivilFromDays(day);
    EXPECT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
}

// Goal:   times are written in UTC with microseconds. Method: one before and one after the epoch.
TEST(Clock, TimestampsAsText) {
  EXPECT_EQ(FormatTimestampMicros(1'721'414'400'000'000), "2024-07-19T18:40:00.000000Z");
  EXPECT_EQ(FormatTimestampMicros(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_GT(NowMicros(), 1'700'000'000'000'000);
}

}  // namespace
}  // namespace ingot
