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

// Goal:   a deletion vector inside a Puffin file is applied, and a place that cannot hold it is refused.
// Method: the vector of other people after some bytes; wrong sizes and counts.
TEST(RowDeletes, DeletionVectors) {
  INGOT_NEED_PEER_DATA();
  const auto storage = storage::MakeMemoryStorage();
  const Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  const std::string blob =
      ReadFile(PeerData() / "iceberg_metadata/org/apache/iceberg/deletes/small-alternating-values-position-index.bin");
  const auto puffin = *storage->OpenOutput("file:///w/v.puffin");
  ASSERT_TRUE(puffin->Write("PFA1" + blob).ok() && puffin->Close().ok());
  FileTask task{.file = {.location = "file:///w/d.parquet", .record_count = 10}, .sequence_number = 1, .deletes = {}};
  task.deletes.push_back({.content = FileContent::kPositionDeletes,
                          .location = "file:///w/v.puffin",
                          .format = "PUFFIN",
                          .record_count = 5,
                          .referenced_data_file = task.file.location,
                          .content_offset = 4,
                          .content_size_bytes = int64_t(blob.size())});
  const auto deletes = RowDeletes::Read(storage, *table.metadata, task);
  ASSERT_TRUE(deletes) << deletes.error().message;
  const auto rows = arrow::RecordBatch::Make(arrow::schema({}), 6, arrow::ArrayVector());
  std::vector<bool> keep(6, true);
  ASSERT_TRUE(deletes->Apply(*rows, {}, 4, keep));
  EXPECT_EQ(keep, std::vector<bool>({true, false, true, false, true, false}));  // rows 4 to 9
  const auto refuses = [&](auto change) {
    FileTask other = task;
    change(other.deletes[0]);
    const auto read = RowDeletes::Read(storage, *table.metadata, other);
    return !read && read.error().kind == ErrorKind::kCorrupt;
  };
  EXPECT_TRUE(refuses([](DataFile& file) { file.record_count = 4; }));
  EXPECT_TRUE(refuses([](DataFile& file) { file.content_offset = 5; }));
  EXPECT_TRUE(refuses([](DataFile& file) { file.content_offset = -1; }));
  EXPECT_TRUE(refuses([](DataFile& file) { file.content_size_bytes = int64_t(1) << 60; }));
}

}  // namespace
}  // namespace ingot::iceberg
