#include "maintain/statistics.h"

#include <nlohmann/json.hpp>
#include <theta_sketch.hpp>

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using Json = nlohmann::json;

Json Statistics(const iceberg::Table& table) {
  return Json::parse(table.metadata->other).at("statistics");
}

std::map<int, int64_t> Distinct(const Json& entry) {
  std::map<int, int64_t> counts;
  for (const auto& blob : entry.at("blob-metadata"))
    counts[blob.at("fields")[0]] = std::stoll(blob.at("properties").at("ndv").get<std::string>());
  return counts;
}

// Goal:   distinct values are counted over files and threads, and other readers can merge the sketches.
// Method: files with overlapping values; the library that engines use reads the sketches.
TEST(WriteStatistics, CountsDistinctValues) {
  iceberg::Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
  for (int i = 0; i < 4; ++i) table = rows::Append(table, i * 50, i * 50 + 100);
  const auto planned = WriteStatistics(table.home, {.dry_run = true});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->rows, 400);
  EXPECT_EQ(iceberg::LoadTable(table.home)->metadata_location, table.metadata_location);
  const auto done = WriteStatistics(table.home);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->rows, 400);
  EXPECT_EQ(done->columns, 4);

  const iceberg::Table after = *iceberg::LoadTable(table.home);
  const Json entries = Statistics(after);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].at("snapshot-id"), *table.metadata->current_snapshot_id);
  EXPECT_EQ(after.metadata->current_snapshot_id, table.metadata->current_snapshot_id);
  const auto counts = Distinct(entries[0]);
  EXPECT_EQ(counts, (std::map<int, int64_t>{{1, 250}, {2, 250}, {3, 5}, {4, 250}}));
  EXPECT_EQ(WriteStatistics(table.home)->columns, 0);  // this snapshot has statistics

  const std::string bytes = *after.home.storage->ReadAll(entries[0].at("statistics-path").get<std::string>());
  const auto sketch = datasketches::compact_theta_sketch::deserialize(bytes.data() + 4, bytes.size() - 4);
  EXPECT_EQ(sketch.get_estimate(), 250);
  datasketches::update_theta_sketch same = datasketches::update_theta_sketch::builder().build();
  for (int64_t id = 0; id < 250; ++id) same.update(&id, sizeof id);
  EXPECT_EQ(sketch.serialize(), same.compact().serialize());
}

}  // namespace
}  // namespace ingot::maintain
