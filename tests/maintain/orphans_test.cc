#include "maintain/orphans.h"

#include <filesystem>
#include <fstream>

#include "iceberg/journal.h"
#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using rows::MemoryCatalog;

const OrphanOptions kAnyAge{.older_than_ms = 0, .other_tables = {}};

struct Orphaned : testing::Test {
  void Put(const std::string& location) {
    ASSERT_TRUE(table.home.storage->CreateAtomic("file:///w/t/" + location, "x"));
  }
  bool Has(const std::string& location) { return *table.home.storage->Exists("file:///w/t/" + location); }

  Orphaned() { iceberg::WithdrawAll(); }  // entries of other tests, whose tables had the same location

  Table table = rows::Append(rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>()), 0, 10);
};

// Goal:   orphans are moved to the trash and can be restored.
// Method: orphans of data and metadata; files that the table needs, the version hint and a nested table stay.
TEST_F(Orphaned, MoveToTheTrashAndBack) {
  Put("data/lost.parquet");
  Put("metadata/lost.avro");
  Put("metadata/version-hint.text");
  Put("nested/data/a.parquet");
  const size_t all = table.home.storage->List("file:///w/t")->size();
  OrphanOptions options = kAnyAge;
  options.other_tables = {{.name = "a.nested", .location = "/w/t/nested", .other_folders = {}, .load = {}}};
  options.dry_run = true;
  EXPECT_EQ(RemoveOrphans(table.home, options)->files.size(), 2u);
  EXPECT_TRUE(Has("data/lost.parquet"));
  options.dry_run = false;
  EXPECT_EQ(RemoveOrphans(table.home, options)->files.size(), 2u);
  EXPECT_FALSE(Has("data/lost.parquet"));
  EXPECT_TRUE(Has("nested/data/a.parquet"));
  EXPECT_EQ(table.home.storage->List("file:///w/t")->size(), all);
  EXPECT_EQ(rows::PlanScan(*table.home.storage, *table.metadata, {})->RecordCount(), 10);
  EXPECT_EQ(*RestoreOrphans(table.home), 2);
  EXPECT_TRUE(Has("data/lost.parquet") && Has("metadata/lost.avro"));
}

// Goal:   old files in the trash are deleted.
// Method: a trash age of zero.
TEST_F(Orphaned, TrashIsEmptied) {
  Put("data/lost.parquet");
  ASSERT_TRUE(RemoveOrphans(table.home, kAnyAge));
  EXPECT_EQ(RemoveOrphans(table.home, kAnyAge)->emptied, 0);
  OrphanOptions options = kAnyAge;
  options.trash_age_ms = -1000;
  EXPECT_EQ(RemoveOrphans(table.home, options)->emptied, 1);
  EXPECT_EQ(table.home.storage->List("file:///w/t/.trash")->size(), 0u);
}

// Goal:   young files and files of running processes are kept.
// Method: a young file; uncommitted files of this process, before and after its entry is removed.
TEST_F(Orphaned, FilesOfRunningProcessesStay) {
  Put("data/lost.parquet");
  EXPECT_EQ(RemoveOrphans(table.home, {.other_tables = {}})->files.size(), 0u);
  const auto uncommitted = rows::WriteEvents(table, 10, 20);
  const auto found = RemoveOrphans(table.home, kAnyAge);
  ASSERT_EQ(found->files.size(), 1u);
  EXPECT_TRUE(found->files[0].location.ends_with("lost.parquet"));
  iceberg::WithdrawAll();
  EXPECT_EQ(RemoveOrphans(table.home, kAnyAge)->files.at(0).location, uncommitted.at(0).location);
}

// Goal:   files that engines ignore in listings are kept.
// Method: files of another format's log, a checksum file, and a partition whose name begins with '_'.
TEST_F(Orphaned, HiddenFilesStay) {
  Put("_delta_log/0.json");
  Put("data/.a.parquet.crc");
  Put("data/_day=2026-01-01/a.parquet");
  const auto found = RemoveOrphans(table.home, kAnyAge);
  ASSERT_EQ(found->files.size(), 1u);
  EXPECT_TRUE(found->files[0].location.ends_with("_day=2026-01-01/a.parquet"));
}

// Goal:   restoring never overwrites a file.
// Method: another file at the location, then the same bytes, as after an interrupted move.
TEST_F(Orphaned, RestoringOverwritesNothing) {
  Put("data/lost.parquet");
  ASSERT_TRUE(RemoveOrphans(table.home, kAnyAge));
  ASSERT_TRUE(table.home.storage->CreateAtomic("file:///w/t/data/lost.parquet", "other"));
  EXPECT_EQ(RestoreOrphans(table.home).error().kind, ErrorKind::kExists);
  EXPECT_EQ(*table.home.storage->ReadAll("file:///w/t/data/lost.parquet"), "other");
  ASSERT_TRUE(table.home.storage->Delete("file:///w/t/data/lost.parquet"));
  Put("data/lost.parquet");
  EXPECT_EQ(*RestoreOrphans(table.home), 1);
  EXPECT_TRUE(table.home.storage->List("file:///w/t/.trash")->empty());
}

// Goal:   a silent process cannot commit files that were removed meanwhile.
// Method: another machine's entry, two days old; the metadata changes and the entry is removed before anything is
//         moved.
TEST_F(Orphaned, SilentWritersAreFenced) {
  const std::string folder = ::testing::TempDir() + "fence";
  std::filesystem::remove_all(folder);
  const Table local = rows::Append(
      rows::MakeTable(storage::MakeLocalStorage(), std::make_shared<MemoryCatalog>(), {}, {}, folder), 0, 10);
  const std::string entry = folder + "/metadata/journal/writes-22222222-2222-4222-8222-222222222222";
  std::ofstream(entry) << "elsewhere|1|1";
  std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  ASSERT_TRUE(RemoveOrphans(local.home, {.older_than_ms = 0, .dry_run = true, .other_tables = {}}));
  EXPECT_TRUE(std::filesystem::exists(entry));
  ASSERT_TRUE(RemoveOrphans(local.home, kAnyAge));
  EXPECT_FALSE(std::filesystem::exists(entry));
  EXPECT_NE(iceberg::LoadTable(local.home)->metadata_location, local.metadata_location);
}

// Goal:   nothing is removed if the needed files are not all known.
// Method: a missing manifest list.
TEST_F(Orphaned, NothingIsRemovedFromADamagedTable) {
  Put("data/lost.parquet");
  ASSERT_TRUE(table.home.storage->Delete(table.metadata->CurrentSnapshot()->manifest_list));
  EXPECT_FALSE(RemoveOrphans(table.home, kAnyAge));
  EXPECT_TRUE(Has("data/lost.parquet"));
}

}  // namespace
}  // namespace ingot::maintain
