#include "maintain/costs.h"

#include "maintain/compact.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

// Goal:   every byte is counted once, by what needs it.
// Method: ten appends, compacted; an orphan.
TEST(CostsOf, CountsEachByteOnce) {
  iceberg::Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
  for (int i = 0; i < 10; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  EXPECT_EQ(CostsOf(table.home)->small_files, 10);
  const int64_t before = CostsOf(table.home)->current_bytes;
  ASSERT_TRUE(CompactTable(table.home, {}));
  ASSERT_TRUE(table.home.storage->CreateAtomic("file:///w/t/data/lost.parquet", "12345"));
  const auto costs = CostsOf(table.home);
  ASSERT_TRUE(costs) << costs.error().message;
  EXPECT_EQ(costs->current_files, 1);
  EXPECT_EQ(costs->history_bytes, before);
  EXPECT_GE(costs->unneeded_bytes, 5);
  EXPECT_EQ(costs->small_files, 0);
  EXPECT_GT(costs->bytes_per_day, 0);
  EXPECT_EQ(costs->bytes, costs->current_bytes + costs->history_bytes + costs->metadata_bytes + costs->unneeded_bytes);
}

}  // namespace
}  // namespace ingot::maintain
