#include "iceberg/row_deletes.h"

#include "iceberg/parquet_file.h"
#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

/// An equality delete file on `id` for the ids [begin, end).
DataFile EqualityDeletes(const Table& table, int64_t begin, int64_t end) {
  Schema schema;
  schema.fields = {table.metadata->CurrentSchema().fields[0]};
  arrow::Int64Builder ids;
  for (int64_t id = begin; id < end; ++id) (void)ids.Append(id);
  auto writer = *ParquetFileWriter::Open(
      *table.home.storage, "file:///w/t/data/eq-" + std::to_string(begin) + ".parquet", schema, *table.metadata);
  EXPECT_TRUE(writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(schema), end - begin, {*ids.Finish()})));
  DataFile file = *writer->Close();
  file.content = FileContent::kEqualityDeletes;
  file.equality_ids = {1};
  return file;
}

int64_t Rows(const Table& table, std::vector<std::string> columns = {}) {
  const auto plan = *PlanScan(*table.home.storage, *table.metadata, {.columns = std::move(columns)});
  const auto rows = ReadAll(table.home.storage, *table.metadata, plan);
  EXPECT_TRUE(rows) << rows.error().message;
  return (*rows)->num_rows();
}

// Goal:   equality deletes remove older rows only, also when their column is not read.
// Method: rows, deletes of some of them, the same rows again.
TEST(RowDeletes, EqualityDeletesApplyToOlderData) {
  const auto storage = storage::MakeMemoryStorage();
  Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 100);
  table = *CommitSnapshot(table.home, {.operation = "delete", .added = {EqualityDeletes(table, 10, 30)}});
  EXPECT_EQ(Rows(table), 80);
  EXPECT_EQ(Rows(table, {"place"}), 80);
  table = Append(table, 10, 30);
  EXPECT_EQ(Rows(table), 100);
}

}  // namespace
}  // namespace ingot::iceberg
