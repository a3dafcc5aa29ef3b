#include "maintain/rewrite_manifests.h"

#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

// Goal:   manifests become few and sorted by partition; files keep their sequence numbers.
// Method: twenty fast appends, rewritten once; a second run has nothing to do.
TEST(RewriteManifests, FewAndSorted) {
  iceberg::Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>(),
                                         {{"place", {}}}, {{"commit.manifest-merge.enabled", "false"}});
  for (int i = 0; i < 20; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  const auto sequences = [](const iceberg::Table& of) {
    std::map<std::string, int64_t> numbers;
    for (const auto& task : rows::Tasks(of)) numbers[task.file.location] = task.sequence_number;
    return numbers;
  };
  EXPECT_EQ(RewriteManifests(table.home, {.dry_run = true})->after, 1);
  const auto done = RewriteManifests(table.home);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->before, 20);
  EXPECT_EQ(done->after, 1);
  const iceberg::Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(sequences(after), sequences(table));
  const auto manifests = *iceberg::ReadManifestList(*after.home.storage, *after.metadata->CurrentSnapshot());
  const auto entries = *iceberg::ReadManifest(*after.home.storage, manifests[0], *after.metadata);
  EXPECT_EQ(entries.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(entries, {},
                                     [](const auto& entry) { return std::get<std::string>(entry.file.partition[0]); }));
  EXPECT_EQ(after.metadata->CurrentSnapshot()->summary.at("manifests-replaced"), "20");
  EXPECT_EQ(RewriteManifests(table.home)->before, 1);
  EXPECT_EQ(iceberg::LoadTable(table.home)->metadata_location, after.metadata_location);
}

}  // namespace
}  // namespace ingot::maintain
