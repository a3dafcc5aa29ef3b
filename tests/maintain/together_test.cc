// Everything at once on one table: what each operation promises alone has to hold beside all others.
#include <atomic>
#include <set>
#include <thread>

#include "maintain/compact.h"
#include "maintain/expire.h"
#include "maintain/manifests.h"
#include "tests/iceberg/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::SnapshotChange;
using iceberg::Table;
using iceberg::TableHome;

constexpr int kAppends = 40, kRowsEach = 10;

/// Until it is committed: others may be first more often than a commit tries.
void MustCommit(const TableHome& home, const SnapshotChange& change) {
  while (true) {
    const auto committed = iceberg::CommitSnapshot(home, change);
    if (committed) return;
    ASSERT_EQ(committed.error().kind, ErrorKind::kConflict) << committed.error().message;
  }
}

std::multiset<int64_t> Ids(const Table& table) {
  const auto plan = *iceberg::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  const auto rows = *iceberg::ReadAll(table.home.storage, *table.metadata, plan);
  std::multiset<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      ids.insert(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i));
  return ids;
}

/// Again and again until `done`, and once more. Losing to others is no error, nor is that what was being read has
/// expired.
template <typename Operation>
std::thread Again(const std::atomic<bool>& done, const Operation& operation) {
  return std::thread([&done, operation] {
    for (bool last = false; !last;) {
      last = done;
      const auto outcome = operation();
      if (outcome) continue;
      EXPECT_TRUE(outcome.error().kind == ErrorKind::kConflict || outcome.error().kind == ErrorKind::kNotFound)
          << outcome.error().message;
    }
  });
}

// Goal:   no row is lost, doubled or brought back, and no file that is needed is deleted. Method: appends, deletes by
// value, compaction, manifests and expiry in threads of their own; the ids at the end; a second look after all
// maintenance once more.
TEST(Together, NothingIsLostAndNothingComesBack) {
  const auto catalog = std::make_shared<iceberg::MemoryCatalog>();
  Table table = iceberg::MakeTable(storage::MakeMemoryStorage(), catalog);
  const TableHome home = table.home;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.push_back(Again(done, [&] {
    CompactOptions options;
    options.policy.files_min = 2;
    options.threads = 1;
    return CompactTable(home, options);
  }));
  threads.push_back(Again(done, [&] { return ExpireSnapshots(home, {.max_age_ms = 0, .retain_last = 3}); }));
  threads.push_back(Again(done, [&] { return RewriteManifests(home, false); }));
  std::multiset<int64_t> expected;
  for (int i = 0; i < kAppends; ++i) {
    MustCommit(home, {.added = iceberg::WriteEvents(table, i * kRowsEach, (i + 1) * kRowsEach)});
    for (int64_t id = i * kRowsEach; id < (i + 1) * kRowsEach; ++id) expected.insert(id);
    if (i % 4 != 3) continue;
    const int64_t victim = (i - 1) * kRowsEach + 3;
    MustCommit(home, {.operation = "delete", .added = {iceberg::DeleteIds(table, {victim})}});
    expected.erase(victim);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  table = *iceberg::LoadTable(home);
  EXPECT_EQ(Ids(table), expected);
  CompactOptions options;
  options.policy.files_min = 2;
  ASSERT_TRUE(CompactTable(home, options));
  ASSERT_TRUE(ExpireSnapshots(home, {.max_age_ms = 0, .retain_last = {}}));
  table = *iceberg::LoadTable(home);
  EXPECT_EQ(Ids(table), expected);
  EXPECT_EQ(iceberg::Tasks(table).size(), 1u);
  EXPECT_TRUE(iceberg::PlanScan(*home.storage, *table.metadata, {})->deletes.empty());
}

}  // namespace
}  // namespace ingot::maintain
