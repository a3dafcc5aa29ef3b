#include "iceberg/table.h"

#include <thread>

#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

/// The number of rows that a scan reads.
int64_t RowsOf(const Table& table) {
  const auto plan = *rows::PlanScan(*table.home.storage, *table.metadata, {});
  return rows::ReadRows(table.home.storage, *table.metadata, plan)->get()->num_rows();
}

// Goal:   after a lost answer the table is read, so that the commit counts once, whether it happened or not.
// Method: the catalog swaps and loses the answer, twice.
TEST(Table, LostAnswersAreReadBack) {
  const auto storage = storage::MakeMemoryStorage();
  const auto catalog = std::make_shared<rows::MemoryCatalog>();
  Table table = rows::MakeTable(storage, catalog);
  catalog->lose_answers = 2;
  table = rows::Append(table, 0, 10);
  table = rows::Append(table, 10, 20);
  EXPECT_EQ(RowsOf(table), 20);
  EXPECT_EQ(table.metadata->snapshots.size(), 2u);
}

// Goal:   a swap that succeeds late is not repeated, and its files stay.
// Method: the catalog loses the request and performs it just before the next one.
TEST(Table, LateSwapsCountOnce) {
  const auto catalog = std::make_shared<rows::MemoryCatalog>();
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), catalog);
  catalog->late_swaps = 1;
  table = rows::Append(table, 0, 10);
  EXPECT_EQ(table.metadata->snapshots.size(), 1u);
  EXPECT_EQ(RowsOf(table), 10);
}

// Goal:   a swap whose request was lost is repeated.
// Method: the catalog never performs the request.
TEST(Table, LostSwapsAreRepeated) {
  const auto catalog = std::make_shared<rows::MemoryCatalog>();
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), catalog);
  catalog->lose_requests = 2;
  table = rows::Append(table, 0, 10);
  EXPECT_EQ(table.metadata->snapshots.size(), 1u);
  EXPECT_EQ(RowsOf(table), 10);
}

// Goal:   concurrent writers lose no commit.
// Method: four threads with ten appends each.
TEST(Table, ConcurrentAppendsAllSucceed) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>());
  std::vector<std::thread> threads;
  std::atomic<int> landed{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto files = rows::WriteEvents(table, t * 1000 + i * 10, t * 1000 + i * 10 + 10);
        while (!CommitSnapshot(table.home, {.added = files})) continue;
        ++landed;
      }
    });
  for (auto& thread : threads) thread.join();
  const Table after = *LoadTable(table.home);
  EXPECT_EQ(landed, 40);
  EXPECT_EQ(rows::PlanScan(*storage, *after.metadata, {})->RecordCount(), 400);
  EXPECT_EQ(after.metadata->CurrentSnapshot()->summary.at("total-records"), "400");
  EXPECT_EQ(after.metadata->last_sequence_number, 40);
}

// Goal:   gzip metadata, a limited metadata log, and existing tables.
// Method: the table properties of other engines.
TEST(Table, MetadataFiles) {
  const auto storage = storage::MakeMemoryStorage();
  Table table = rows::MakeTable(storage, std::make_shared<rows::MemoryCatalog>(), {},
                                {{"write.metadata.compression-codec", "gzip"},
                                 {"write.metadata.previous-versions-max", "2"},
                                 {"write.metadata.delete-after-commit.enabled", "true"}});
  EXPECT_TRUE(table.metadata_location.ends_with(".gz.metadata.json"));
  EXPECT_EQ(CreateTable(table.home, *table.metadata).error().kind, ErrorKind::kExists);
  for (int i = 0; i < 5; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  EXPECT_EQ(table.metadata->metadata_log.size(), 2u);
  int files = 0;
  const auto listed = *storage->List("file:///w/t/metadata");
  for (const auto& file : listed) files += file.location.ends_with(".metadata.json");
  EXPECT_EQ(files, 3);
  EXPECT_EQ(LoadTable(table.home)->metadata->snapshots.size(), 5u);
}

// Goal:   large metadata is compressed unless a property says otherwise.
// Method: a property of one mebibyte, then the other codec.
TEST(Table, LargeMetadataIsCompressed) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
  EXPECT_FALSE(table.metadata_location.ends_with(".gz.metadata.json"));
  const auto set = [&](const std::string& key, const std::string& value) {
    table = *CommitMetadata(table.home, [&](TableMetadata& metadata) -> Status {
      metadata.properties[key] = value;
      return {};
    });
  };
  set("comment", std::string(1 << 20, 'x'));
  EXPECT_TRUE(table.metadata_location.ends_with(".gz.metadata.json"));
  EXPECT_EQ(ReadMetadataFile(*table.home.storage, table.metadata_location)->properties, table.metadata->properties);
  set("write.metadata.compression-codec", "none");
  EXPECT_FALSE(table.metadata_location.ends_with(".gz.metadata.json"));
}

}  // namespace
}  // namespace ingot::iceberg
