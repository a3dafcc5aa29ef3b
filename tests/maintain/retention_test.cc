#include "maintain/retention.h"

#include "base/clock.h"
#include "rows/scan.h"
#include "stage/marks.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

iceberg::Table Days(int count, std::vector<std::pair<std::string, iceberg::Transform>> partition) {
  iceberg::Table table =
      rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>(), std::move(partition));
  for (int day = 0; day < count; ++day) table = rows::Append(table, day * 1440, day * 1440 + 10);
  return table;
}

// Goal:   whole older days are removed, by metadata alone.
// Method: four days from 2024-01-01; keep from the third on.
TEST(DropOldPartitions, RemovesWholeDays) {
  const iceberg::Table table = Days(4, {{"at", {.kind = iceberg::TransformKind::kDay}}});
  const int64_t keep = NowMicros() - (1'704'067'200'000'000 + 2 * kMicrosPerDay + kMicrosPerHour);
  EXPECT_EQ(DropOldPartitions(table.home, {.keep_micros = keep, .dry_run = true})->files, 2);
  const auto done = DropOldPartitions(table.home, {.keep_micros = keep});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->rows, 20);
  const iceberg::Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(rows::PlanScan(*after.home.storage, *after.metadata, {})->RecordCount(), 20);
  EXPECT_TRUE(after.metadata->CurrentSnapshot()->summary.contains(kRetentionKey));
  EXPECT_EQ(DropOldPartitions(table.home, {.keep_micros = keep})->files, 0);
}

// Goal:   a clock far ahead of all rows deletes nothing, unless it is trusted.
// Method: four days of 2024; the newest row may be a day old, or any age.
TEST(DropOldPartitions, NewestRowChecksTheClock) {
  const iceberg::Table table = Days(4, {{"at", {.kind = iceberg::TransformKind::kDay}}});
  const auto rejected =
      DropOldPartitions(table.home, {.keep_micros = kMicrosPerDay, .newest_age_max_micros = 3 * kMicrosPerDay});
  EXPECT_EQ(rejected.error().kind, ErrorKind::kRetry);
  EXPECT_NE(rejected.error().message.find("2024-01-04"), std::string::npos) << rejected.error().message;
  EXPECT_EQ(DropOldPartitions(table.home, {.keep_micros = kMicrosPerDay})->files, 4);
}

// Goal:   a table without a time partition is an error.
// Method: a partition by place.
TEST(DropOldPartitions, NeedsATimePartition) {
  EXPECT_EQ(DropOldPartitions(Days(1, {{"place", {}}}).home, {}).error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::maintain
