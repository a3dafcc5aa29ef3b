#include "iceberg/table_writer.h"

#include "iceberg/scan.h"
#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   files roll at the size that was asked for, memory stays in bounds over many partitions, no row is lost.
// Method: a hundred days with tiny limits.
TEST(TableWriter, RollsAndBoundsOpenFiles) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = MakeTable(storage, std::make_shared<MemoryCatalog>(), {{"at", *ParseTransform("day")}});
  auto files = WriteEvents(table, 0, 100 * 1440,
                           {.buffered_bytes_max = 200'000, .row_group_rows_max = 1000, .open_files_max = 3});
  std::set<int32_t> days;
  int64_t rows = 0;
  for (const DataFile& file : files) days.insert(std::get<int32_t>(file.partition[0])), rows += file.record_count;
  EXPECT_EQ(days.size(), 100u);
  EXPECT_EQ(rows, 144'000);
  EXPECT_NE(files[0].location.find("at_day=2024-01-01"), std::string::npos);
  auto writer = *TableWriter::Open(storage, *table.metadata, {.file_bytes_target = 1, .row_group_rows_max = 100});
  for (int64_t begin = 0; begin < 1000; begin += 100) ASSERT_TRUE(writer->Write(Events(begin, begin + 100)));
  const auto rolled = *writer->Finish();
  EXPECT_EQ(rolled.size(), 10u);  // a file a row group: the target is passed at once
  EXPECT_EQ(rolled[3].record_count, 100);
}

// Goal:   what is abandoned is gone. Method: the folder afterwards.
TEST(TableWriter, AbandonRemovesFiles) {
  const auto storage = storage::MakeMemoryStorage();
  const Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  auto writer = *TableWriter::Open(storage, *table.metadata, {});
  ASSERT_TRUE(writer->Write(Events(0, 10)));
  ASSERT_EQ(writer->Finish()->size(), 1u);
  writer->Abandon();
  EXPECT_TRUE(storage->List("file:///w/t/data")->empty());
}

}  // namespace
}  // namespace ingot::iceberg
