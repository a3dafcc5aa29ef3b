#include "maintain/rewrite_deletes.h"

#include "rows/row_delete_writer.h"
#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using rows::FileTask;
using rows::MemoryCatalog;

int64_t Rows(const Table& table) {
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {});
  return (*rows::ReadRows(table.home.storage, *table.metadata, *plan))->num_rows();
}

std::vector<DataFile> Deletes(const Table& table) {
  return rows::PlanScan(*table.home.storage, *table.metadata, {})->deletes;
}

/// Three files of ten rows in one partition; these positions are deleted in each file, by one commit each.
Table WithDeletes(const std::vector<int64_t>& positions) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>());
  for (int i = 0; i < 3; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  for (const int64_t position : positions) {
    const auto tasks = rows::Tasks(table);
    std::vector<rows::DeletedRows> rows;
    for (const FileTask& task : tasks) rows.push_back({&task, {position}});
    const auto written = rows::WriteRowDeletes(table.home.storage, *table.metadata, rows);
    table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = written->files});
  }
  return table;
}

// Goal:   many delete files become one, with the same deleted rows.
// Method: four commits of deletes, one of a row that was already deleted; a dry run; a second run has nothing to do.
TEST(RewriteDeletes, MergesDeleteFiles) {
  const Table table = WithDeletes({1, 4, 7, 4});
  ASSERT_EQ(Deletes(table).size(), 4u);
  EXPECT_EQ(RewriteDeletes(table.home, {.dry_run = true})->files_in, 4);
  const auto done = RewriteDeletes(table.home, {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->files_in, 4);
  EXPECT_EQ(done->files_out, 1);
  const Table after = *iceberg::LoadTable(table.home);
  ASSERT_EQ(Deletes(after).size(), 1u);
  EXPECT_EQ(Deletes(after)[0].record_count, 9);
  EXPECT_EQ(Rows(after), 21);
  EXPECT_EQ(after.metadata->CurrentSnapshot()->Operation(), "replace");
  EXPECT_EQ(RewriteDeletes(table.home, {})->files_in, 0);
}

// Goal:   positions in removed files are dropped.
// Method: remove two of three files, then all.
TEST(RewriteDeletes, DropsPositionsInRemovedFiles) {
  Table table = WithDeletes({0, 1});
  const std::string left = rows::Tasks(table)[0].file.location;
  const auto remove = [&](const std::string& but) {
    table = *iceberg::CommitSnapshot(table.home,
                                     {.operation = "delete", .removes = [&](const DataFile& file) -> Result<bool> {
                                        return file.content == iceberg::FileContent::kData && file.location != but;
                                      }});
  };
  remove(left);
  ASSERT_TRUE(RewriteDeletes(table.home, {}));
  table = *iceberg::LoadTable(table.home);
  ASSERT_EQ(Deletes(table).size(), 1u);
  EXPECT_EQ(Deletes(table)[0].record_count, 2);
  EXPECT_EQ(Rows(table), 8);
  remove("");
  EXPECT_EQ(RewriteDeletes(table.home, {.files_min = 1})->files_out, 0);
  EXPECT_EQ(Deletes(*iceberg::LoadTable(table.home)).size(), 0u);
}

// Goal:   in format 3 position deletes become deletion vectors, one per data file.
// Method: upgrade a table; one file already has a vector; the same rows afterwards.
TEST(RewriteDeletes, BecomeVectors) {
  Table table = WithDeletes({2, 3});
  table =
      *iceberg::CommitMetadata(table.home, [](iceberg::TableMetadata& metadata) { return UpgradeFormat(metadata, 3); });
  const auto tasks = rows::Tasks(table);
  const auto vector = rows::WriteRowDeletes(table.home.storage, *table.metadata, {{&tasks[0], {9}}});
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = vector->files});
  EXPECT_EQ(Rows(table), 23);
  const auto done = RewriteDeletes(table.home, {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->files_in, 2);
  EXPECT_EQ(done->files_out, 2);
  const Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(Deletes(after).size(), 3u);
  for (const DataFile& file : Deletes(after)) EXPECT_TRUE(file.IsDeletionVector());
  EXPECT_EQ(Rows(after), 23);
}

// Goal:   deletes apply to the data files that they name, also after a rewrite, although the partition spec has
//         changed.
// Method: rows, then deletes under another spec, of one file and of two, with and without bounds.
TEST(RewriteDeletes, OfAnotherPartitionSpec) {
  for (const auto& [files, bounds] : {std::pair{1, true}, {2, true}, {1, false}}) {
    Table table = WithDeletes({});
    const auto tasks = rows::Tasks(table);
    table = *iceberg::CommitMetadata(
        table.home, [](iceberg::TableMetadata& metadata) { return iceberg::SetPartition(metadata, {{"place", {}}}); });
    for (const int64_t position : {1, 2}) {
      std::vector<FileTask> moved(tasks.begin(), tasks.begin() + files);
      for (FileTask& task : moved) task.file.spec_id = 1, task.file.partition = {std::string("p1")};
      std::vector<rows::DeletedRows> rows;
      for (const FileTask& task : moved) rows.push_back({&task, {position}});
      auto written = rows::WriteRowDeletes(table.home.storage, *table.metadata, rows);
      for (DataFile& file : written->files) {
        file.referenced_data_file = "";
        if (!bounds) file.lower_bounds = file.upper_bounds = {};
      }
      table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = written->files});
    }
    const int64_t left = 30 - 2 * files;
    EXPECT_EQ(Rows(table), left);
    ASSERT_TRUE(RewriteDeletes(table.home, {.files_min = 1}));
    EXPECT_EQ(Rows(*iceberg::LoadTable(table.home)), left);
  }
}

}  // namespace
}  // namespace ingot::maintain
