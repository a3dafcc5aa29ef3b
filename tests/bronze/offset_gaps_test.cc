#include "bronze/offset_gaps.h"

#include "bronze/offsets.h"
#include "tests/rows/fixtures.h"

namespace ingot::bronze {
namespace {

OffsetGaps GapsOf(const std::vector<iceberg::Properties>& summaries) {
  iceberg::Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
  for (const auto& summary : summaries) table = *iceberg::CommitSnapshot(table.home, {.summary = summary});
  const auto gaps = FindOffsetGaps(*table.metadata);
  EXPECT_TRUE(gaps) << gaps.error().message;
  return *gaps;
}

iceberg::Properties Ranges(const char* json) {
  return {{kRangesKey, json}};
}

// Goal:   a gap and an overlap are found; an operator's reset is neither.
// Method: ranges written by hand.
TEST(FindOffsetGaps, FindsThem) {
  EXPECT_EQ(GapsOf({Ranges(R"({"t":{"0":[5,10],"1":[0,3]}})"), {}, Ranges(R"({"t":{"0":[10,12]}})")}).found.size(), 0u);
  const auto gap =
      GapsOf({Ranges(R"({"t":{"0":[0,10]}})"), Ranges(R"({"t":{"0":[11,12]}})"), Ranges(R"({"t":{"0":[11,15]}})")});
  ASSERT_EQ(gap.found.size(), 2u);
  EXPECT_NE(gap.found[0].find("begins at 11, the one before ended at 10"), std::string::npos);
  iceberg::Properties moved = Ranges(R"({"t":{"0":[50,60]}})");
  moved[kResetsKey] = "[]";
  EXPECT_EQ(GapsOf({Ranges(R"({"t":{"0":[0,10]}})"), moved}).found.size(), 0u);
}

}  // namespace
}  // namespace ingot::bronze
