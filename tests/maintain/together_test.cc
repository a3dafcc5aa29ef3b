// All operations concurrently on one table: each must keep its guarantees next to all others.
#include <atomic>
#include <set>
#include <thread>

#include "maintain/compact.h"
#include "maintain/delete_rows.h"
#include "maintain/expire.h"
#include "maintain/orphans.h"
#include "maintain/rewrite_deletes.h"
#include "maintain/rewrite_manifests.h"
#include "stage/marks.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::SnapshotChange;
using iceberg::Table;
using iceberg::TableHome;

constexpr int kAppends = 40, kRowsEach = 10;

/// Repeats until the commit succeeds, as others may commit first more often than it retries.
void MustCommit(const TableHome& home, const SnapshotChange& change) {
  while (true) {
    const auto committed = iceberg::CommitSnapshot(home, change);
    if (committed) return;
    ASSERT_EQ(committed.error().kind, ErrorKind::kConflict) << committed.error().message;
  }
}

std::multiset<int64_t> Ids(const Table& table) {
  const auto plan = *rows::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  const auto read = rows::ReadRows(table.home.storage, *table.metadata, plan);
  EXPECT_TRUE(read) << read.error().message;
  if (!read) return {};
  const auto& rows = *read;
  std::multiset<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      ids.insert(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i));
  return ids;
}

/// Repeats until `done`, and once more. Conflicts are no error, nor is an expired snapshot.
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

// Goal:   no row is lost, duplicated or restored, and no needed file is deleted.
// Method: appends, equality deletes, compaction, rewriting manifests and expiry in threads; check the ids at the end,
//         and again after all maintenance has run once more.
TEST(Together, NoRowIsLostOrRestored) {
  const auto catalog = std::make_shared<rows::MemoryCatalog>();
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), catalog);
  const TableHome home = table.home;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.push_back(Again(done, [&] {
    CompactOptions options;
    options.policy.files_min = 2;
    options.threads = 1;
    return CompactTable(home, options);
  }));
  threads.push_back(
      Again(done, [&] { return ExpireSnapshots(home, {.max_age_ms = 0, .retain_last = 3}, stage::KeepMarks); }));
  threads.push_back(Again(done, [&] { return RewriteManifests(home); }));
  std::multiset<int64_t> expected;
  for (int i = 0; i < kAppends; ++i) {
    MustCommit(home, {.added = rows::WriteEvents(table, i * kRowsEach, (i + 1) * kRowsEach)});
    for (int64_t id = i * kRowsEach; id < (i + 1) * kRowsEach; ++id) expected.insert(id);
    if (i % 4 != 3) continue;
    const int64_t victim = (i - 1) * kRowsEach + 3;
    MustCommit(home, {.operation = "delete", .added = {rows::DeleteIds(table, {victim})}});
    expected.erase(victim);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  table = *iceberg::LoadTable(home);
  EXPECT_EQ(Ids(table), expected);
  CompactOptions options;
  options.policy.files_min = 2;
  ASSERT_TRUE(CompactTable(home, options));
  ASSERT_TRUE(ExpireSnapshots(home, {.max_age_ms = 0, .retain_last = {}}, stage::KeepMarks));
  table = *iceberg::LoadTable(home);
  EXPECT_EQ(Ids(table), expected);
  EXPECT_EQ(rows::Tasks(table).size(), 1u);
  EXPECT_TRUE(rows::PlanScan(*home.storage, *table.metadata, {})->deletes.empty());
}

using Operation = std::function<Status()>;

template <typename T>
Status Outcome(const Result<T>& result) {
  return result ? Status() : std::unexpected(result.error());
}

/// The table of one pair of operations and its expected rows.
struct Stage {
  Table table;
  std::mutex mutex;
  std::multiset<int64_t> expected;
  int64_t next = 0;

  Status Append() {
    int64_t begin = 0;
    {
      std::lock_guard lock(mutex);
      begin = std::exchange(next, next + kRowsEach);
    }
    MustCommit(table.home, {.added = rows::WriteEvents(table, begin, begin + kRowsEach)});
    std::lock_guard lock(mutex);
    for (int64_t id = begin; id < begin + kRowsEach; ++id) expected.insert(id);
    return {};
  }

  /// Deletes existing rows: every id that ends with the digit.
  Status Delete(int64_t digit) {
    int64_t end = 0;
    std::multiset<int64_t> there;
    {
      std::lock_guard lock(mutex);
      there = expected;
      end = there.empty() ? 0 : *there.rbegin() + 1;
    }
    const auto goes = [&](int64_t id) { return id < end && id % 10 == digit && there.contains(id); };
    DeleteRowsOptions options{.columns = {"id"}};
    options.matches = [&](const auto& rows) -> Result<std::shared_ptr<arrow::Array>> {
      const auto& ids = static_cast<const arrow::Int64Array&>(*rows->column(0));
      arrow::BooleanBuilder matches;
      for (int64_t i = 0; i < ids.length(); ++i) (void)matches.Append(goes(ids.Value(i)));
      return *matches.Finish();
    };
    INGOT_TRY(DeleteRows(table.home, options));
    std::lock_guard lock(mutex);
    std::erase_if(expected, goes);
    return {};
  }
};

std::map<std::string, Operation> OperationsOn(Stage& stage) {
  const TableHome& home = stage.table.home;
  CompactOptions compact;
  compact.policy.files_min = 2;
  compact.threads = 1;
  auto digit = std::make_shared<std::atomic<int64_t>>(0);
  return {{"append", [&] { return stage.Append(); }},
          {"delete", [&stage, digit] { return stage.Delete((*digit)++ % 10); }},
          {"compact", [home, compact] { return Outcome(CompactTable(home, compact)); }},
          {"deletes", [home] { return Outcome(RewriteDeletes(home, {.files_min = 1})); }},
          {"manifests", [home] { return Outcome(RewriteManifests(home)); }},
          {"expire",
           [home] { return Outcome(ExpireSnapshots(home, {.max_age_ms = 0, .retain_last = 1}, stage::KeepMarks)); }},
          {"orphans", [home] { return Outcome(RemoveOrphans(home, {.older_than_ms = 0, .trash = false})); }}};
}

// Goal:   every pair of operations leaves the expected rows, in both formats.
// Method: both at once, several times, on a table with files and deletes; conflicts are no error; check the ids after
//         each pair.
TEST(Together, EveryPair) {
  for (const char* format : {"2", "3"}) {
    Stage names{.table = {}};
    std::vector<std::string> all;
    for (const auto& [name, operation] : OperationsOn(names)) all.push_back(name);
    for (size_t first = 0; first < all.size(); ++first)
      for (size_t second = first; second < all.size(); ++second) {
        iceberg::WithdrawAll();  // entries of the previous table, which had the same location
        Stage stage{.table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>(), {},
                                             {{"format-version", format}})};
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(stage.Append());
        ASSERT_TRUE(stage.Delete(7));
        auto operations = OperationsOn(stage);
        std::vector<std::thread> threads;
        for (const auto& name : {all[first], all[second]})
          threads.emplace_back([&, name] {
            for (int turn = 0; turn < 4; ++turn)
              if (const Status outcome = operations.at(name)(); !outcome) {
                EXPECT_TRUE(outcome.error().kind == ErrorKind::kConflict ||
                            outcome.error().kind == ErrorKind::kNotFound)
                    << name << ": " << outcome.error().message;
              }
          });
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(Ids(*iceberg::LoadTable(stage.table.home)), stage.expected)
            << all[first] << " and " << all[second] << ", format " << format;
      }
  }
}

}  // namespace
}  // namespace ingot::maintain
