#include "maintain/erase_rows.h"

#include <set>

#include "maintain/delete_rows.h"
#include "maintain/erase_files.h"
#include "maintain/erase_history.h"
#include "maintain/erase_ref.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::Table;
using rows::MemoryCatalog;

std::set<int64_t> Ids(const Table& table) {
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  const auto rows = *rows::ReadRows(table.home.storage, *table.metadata, *plan);
  std::set<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      ids.insert(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i));
  return ids;
}

Table Made(const char* format) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(), {},
                                {{"format-version", format}});
  for (int i = 0; i < 4; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  return table;
}

EraseSearch IdIs(std::set<int64_t> erased) {
  EraseSearch search;
  search.rows = [erased](const arrow::RecordBatch& rows) -> Result<std::vector<uint8_t>> {
    const auto& ids = static_cast<const arrow::Int64Array&>(*rows.GetColumnByName("id"));
    std::vector<uint8_t> reasons;
    for (int64_t i = 0; i < ids.length(); ++i) reasons.push_back(erased.contains(ids.Value(i)) ? 1 : 0);
    return reasons;
  };
  search.bytes = [](std::string_view) { return false; };
  return search;
}

FilesSearched Searched(const Table& table, const EraseSearch& search, bool deletes = false) {
  const auto searched = SearchFiles(table.home, {.search = search, .deletes = deletes});
  EXPECT_TRUE(searched) << searched.error().message;
  return *searched;
}

constexpr auto kKeepNothing = [](const iceberg::TableMetadata&, iceberg::TableMetadata&) {};

// Goal:   erased rows are in no file of the current snapshot, nor of the history; all others stay.
// Method: two formats; a row that was deleted before, by a delete file; a file of which every row goes; then the
//         history is erased, and every file is searched.
TEST(EraseRows, NoFileStoresThem) {
  for (const char* format : {"2", "3"}) {
    const Table table = Made(format);
    const EraseSearch deleted = IdIs({13});
    DeleteRowsOptions deletion{.columns = {"id"}};
    deletion.matches = [&](const auto& rows) -> Result<std::shared_ptr<arrow::Array>> {
      const auto reasons = *deleted.rows(*rows);
      arrow::BooleanBuilder matches;
      for (const uint8_t reason : reasons) (void)matches.Append(reason != 0);
      return *matches.Finish();
    };
    ASSERT_EQ(DeleteRows(table.home, deletion)->rows, 1);
    const EraseSearch search = IdIs({5, 13, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39});
    EraseRowsOptions options{.search = search, .dry_run = true};
    EXPECT_EQ(EraseRows(table.home, options)->Rows(), 11);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)).size(), 39u);
    options.dry_run = false;
    const auto done = EraseRows(table.home, options);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->Rows(), 11);
    EXPECT_EQ(done->files, 3);
    EXPECT_FALSE(EraseRows(table.home, options)->committed);
    const Table after = *iceberg::LoadTable(table.home);
    EXPECT_EQ(Ids(after).size(), 28u) << format;
    EXPECT_FALSE(Ids(after).contains(5));
    EXPECT_EQ(rows::PlanScan(*after.home.storage, *after.metadata, {})->deletes.size(), 0u);
    EXPECT_GT(Searched(after, search).rows_found, 0);
    const auto history = EraseHistory(after.home, {.search = search}, {}, kKeepNothing);
    ASSERT_TRUE(history) << history.error().message;
    EXPECT_EQ(history->snapshots, 5);  // the first append stored id 5
    const FilesSearched searched = Searched(after, search);
    EXPECT_EQ(searched.rows_found + searched.files_found, 0) << searched.left.front();
    EXPECT_EQ(searched.rows, 28);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)), Ids(after));
  }
}

// Goal:   snapshots and refs that do not reach the rows stay; those that do are named.
// Method: a row of the third append, with a tag before and after it.
TEST(EraseHistory, KeepsWhatDoesNotReachThem) {
  Table table = Made("2");
  const EraseSearch search = IdIs({25});
  const iceberg::SnapshotId second = table.metadata->snapshots[1].snapshot_id,
                            third = table.metadata->snapshots[2].snapshot_id;
  table = *iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& metadata) -> Status {
    INGOT_TRY(iceberg::SetRef(metadata, "clean", {.snapshot_id = second, .type = "tag"}));
    return iceberg::SetRef(metadata, "dirty", {.snapshot_id = third, .type = "tag"});
  });
  const auto found = FindErasedHistory(table, {.search = search});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->refs, std::vector<std::string>{"dirty"});
  EXPECT_EQ(found->snapshots.size(), 2u);
  EXPECT_TRUE(found->current);
  EXPECT_EQ(EraseHistory(table.home, {.search = search}, {}, kKeepNothing).error().kind, ErrorKind::kConflict);
  ASSERT_TRUE(EraseRows(table.home, {.search = search}));
  ASSERT_TRUE(EraseHistory(table.home, {.search = search}, {}, kKeepNothing));
  const Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(after.metadata->refs.count("clean"), 1u);
  EXPECT_EQ(after.metadata->refs.count("dirty"), 0u);
  EXPECT_EQ(after.metadata->snapshots.size(), 3u);
  EXPECT_EQ(Ids(after).size(), 39u);
}

// Goal:   a tag and a branch are made again without the rows; their kind stays, and main does not change.
// Method: both point to a snapshot with the row; then the history is erased and every file searched.
TEST(EraseRef, MakesRefsAgain) {
  Table table = Made("3");
  const EraseSearch search = IdIs({15});
  const iceberg::SnapshotId second = table.metadata->snapshots[1].snapshot_id;
  table = *iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& metadata) -> Status {
    INGOT_TRY(iceberg::SetRef(metadata, "tagged", {.snapshot_id = second, .type = "tag"}));
    return iceberg::SetRef(metadata, "branched", {.snapshot_id = second, .type = "branch"});
  });
  ASSERT_TRUE(EraseRows(table.home, {.search = search}));
  for (const char* ref : {"tagged", "branched"}) {
    const Status made = RemakeRef(table.home, ref, {.search = search});
    ASSERT_TRUE(made) << made.error().message;
  }
  const auto history = EraseHistory(table.home, {.search = search}, {}, kKeepNothing);
  ASSERT_TRUE(history) << history.error().message;
  EXPECT_TRUE(history->refs.empty());
  const Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(after.metadata->refs.size(), 3u);
  EXPECT_EQ(after.metadata->refs.at("tagged").type, "tag");
  EXPECT_EQ(after.metadata->refs.at("branched").type, "branch");
  for (const char* ref : {"tagged", "branched"}) {
    const auto plan = rows::PlanScan(*after.home.storage, *after.metadata,
                                     {.snapshot_id = after.metadata->refs.at(ref).snapshot_id, .columns = {"id"}});
    EXPECT_EQ((*rows::ReadRows(after.home.storage, *after.metadata, *plan))->num_rows(), 19);
  }
  EXPECT_EQ(Ids(after).size(), 39u);
  EXPECT_EQ(Searched(after, search).rows_found, 0);
}

// Goal:   unneeded files that store such rows are deleted, others are kept.
// Method: copies of two data files beside them and in the trash.
TEST(EraseFiles, DeletesOrphansThatStoreThem) {
  const Table table = Made("2");
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {});
  for (const rows::FileTask& task : plan->tasks) {
    const std::string bytes = *table.home.storage->ReadAll(task.file.location);
    const std::string name = task.file.location.substr(task.file.location.rfind('/') + 1);
    ASSERT_TRUE(table.home.storage->CreateAtomic(table.metadata->location + "/data/copy-" + name, bytes));
    ASSERT_TRUE(table.home.storage->CreateAtomic(table.metadata->location + "/.trash/1/data/" + name, bytes));
  }
  const EraseSearch search = IdIs({25, 35});
  EXPECT_EQ(Searched(table, search).files_found, 6);
  const FilesSearched searched = Searched(table, search, true);
  EXPECT_EQ(searched.deleted, 4);
  EXPECT_EQ(searched.left.size(), 2u);  // the table needs them
  EXPECT_EQ(Ids(table).size(), 40u);
}

}  // namespace
}  // namespace ingot::maintain
