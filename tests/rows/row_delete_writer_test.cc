#include "rows/row_delete_writer.h"

#include "rows/row_deletes.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

std::vector<int64_t> Ids(const iceberg::Table& table) {
  const auto plan = PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  const auto rows = *ReadRows(table.home.storage, *table.metadata, *plan);
  std::vector<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      ids.push_back(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i));
  std::ranges::sort(ids);
  return ids;
}

iceberg::Table Made(const char* format, std::vector<std::pair<std::string, iceberg::Transform>> partition = {}) {
  return MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(), std::move(partition),
                   {{"format-version", format}});
}

/// Deletes the same positions in each data file.
iceberg::Table DeleteFromEach(const iceberg::Table& table, const std::vector<int64_t>& positions) {
  const auto tasks = Tasks(table);
  std::vector<DeletedRows> rows;
  for (const FileTask& task : tasks) rows.push_back({&task, positions});
  const auto written = WriteRowDeletes(table.home.storage, *table.metadata, rows);
  EXPECT_TRUE(written) << written.error().message;
  iceberg::SnapshotChange change{.operation = "delete", .added = written->files};
  change.removes = [&](const iceberg::DataFile& file) -> Result<bool> {
    return written->replaced.contains(file.Key());
  };
  const auto committed = iceberg::CommitSnapshot(table.home, change);
  EXPECT_TRUE(committed) << committed.error().message;
  return *committed;
}

// Goal:   rows are deleted by position in both formats, repeatedly.
// Method: two files with rows deleted twice, overlapping the second time. Format 3 then has one vector per data file,
//         format 2 a delete file per commit.
TEST(RowDeleteWriter, DeletesByPosition) {
  for (const char* format : {"2", "3"}) {
    iceberg::Table table = Append(Append(Made(format), 0, 5), 10, 15);
    table = DeleteFromEach(table, {1, 3});
    EXPECT_EQ(Ids(table), (std::vector<int64_t>{0, 2, 4, 10, 12, 14})) << format;
    table = DeleteFromEach(table, {0, 1});
    EXPECT_EQ(Ids(table), (std::vector<int64_t>{2, 4, 12, 14})) << format;
    const auto plan = PlanScan(*table.home.storage, *table.metadata, {});
    EXPECT_EQ(plan->deletes.size(), 2u) << format;
    for (const iceberg::DataFile& file : plan->deletes) {
      EXPECT_EQ(file.IsDeletionVector(), format == std::string("3"));
      EXPECT_EQ(file.record_count, format == std::string("3") ? 3 : 4);
    }
    EXPECT_EQ(table.metadata->CurrentSnapshot()->summary.at("total-position-deletes"),
              format == std::string("3") ? "6" : "8");
  }
}

// Goal:   an upgrade to format 3 loses no delete.
// Method: position deletes, the upgrade, a vector.
TEST(RowDeleteWriter, VectorsIncludeOlderDeletes) {
  iceberg::Table table = DeleteFromEach(Append(Made("2"), 0, 6), {0, 5});
  table = *iceberg::CommitMetadata(
      table.home, [](iceberg::TableMetadata& metadata) { return iceberg::UpgradeFormat(metadata, 3); });
  EXPECT_EQ(Ids(table), (std::vector<int64_t>{1, 2, 3, 4}));
  table = DeleteFromEach(table, {2});
  EXPECT_EQ(Ids(table), (std::vector<int64_t>{1, 3, 4}));
  const auto plan = PlanScan(*table.home.storage, *table.metadata, {});
  ASSERT_EQ(plan->deletes.size(), 1u);
  EXPECT_EQ(plan->deletes[0].record_count, 3);
}

// Goal:   a delete file belongs to one partition, and its bounds are the complete names of its data files.
// Method: three hours at once.
TEST(RowDeleteWriter, OneFilePerPartition) {
  const iceberg::Table table =
      DeleteFromEach(Append(Made("2", {{"at", {.kind = iceberg::TransformKind::kHour}}}), 0, 180), {0});
  const auto plan = PlanScan(*table.home.storage, *table.metadata, {});
  ASSERT_EQ(plan->deletes.size(), 3u);
  for (const FileTask& task : plan->tasks) {
    ASSERT_EQ(task.deletes.size(), 1u);
    EXPECT_EQ(task.deletes[0].referenced_data_file, task.file.location);
    EXPECT_EQ(task.deletes[0].lower_bounds.at(2147483546), task.file.location);
  }
  EXPECT_EQ(Ids(table).size(), 177u);
}

}  // namespace
}  // namespace ingot::rows
