#include "rows/table_writer.h"

#include <optional>
#include <set>

#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   files are closed at the target size, memory is bounded with many partitions, and no row is lost.
// Method: a hundred days with tiny limits.
TEST(TableWriter, RollsAndBoundsOpenFiles) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table =
      MakeTable(storage, std::make_shared<MemoryCatalog>(), {{"at", *iceberg::ParseTransform("day")}});
  auto files = WriteEvents(table, 0, 100 * 1440,
                           {.buffered_bytes_max = 200'000, .row_group_rows_max = 1000, .open_files_max = 3});
  std::set<int32_t> days;
  int64_t rows = 0;
  for (const iceberg::DataFile& file : files)
    days.insert(std::get<int32_t>(file.partition[0])), rows += file.record_count;
  EXPECT_EQ(days.size(), 100u);
  EXPECT_EQ(rows, 144'000);
  EXPECT_NE(files[0].location.find("at_day=2024-01-01"), std::string::npos);
  auto writer = *TableWriter::Open(storage, *table.metadata, {.file_bytes_target = 1, .row_group_rows_max = 100});
  for (int64_t begin = 0; begin < 1000; begin += 100) ASSERT_TRUE(writer->Write(Events(begin, begin + 100)));
  const auto rolled = *writer->Finish();
  EXPECT_EQ(rolled.size(), 10u);  // one row group per file, as each exceeds the target
  EXPECT_EQ(rolled[3].record_count, 100);
}

// Goal:   Abandon() deletes the files.
// Method: list the folder.
TEST(TableWriter, AbandonRemovesFiles) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  auto writer = *TableWriter::Open(storage, *table.metadata, {});
  ASSERT_TRUE(writer->Write(Events(0, 10)));
  ASSERT_EQ(writer->Finish()->size(), 1u);
  writer->Abandon();
  EXPECT_TRUE(storage->List("file:///w/t/data")->empty());
}

// Goal:   partitions are separated by value, whatever their folder names look like.
// Method: null and the text 'null', a long text, texts with a common prefix.
TEST(TableWriter, PartitionsOfUnusualText) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = MakeTable(storage, std::make_shared<MemoryCatalog>(), {{"place", {}}});
  const std::vector<std::optional<std::string>> places{std::nullopt,          "null", "",  std::string(300, 'x'),
                                                       std::string(301, 'x'), "a/b",  ".."};
  arrow::StringBuilder builder;
  for (const auto& place : places) (void)(place ? builder.Append(*place) : builder.AppendNull());
  const auto rows =
      *Events(0, int64_t(places.size()))->SetColumn(2, arrow::field("place", arrow::utf8()), *builder.Finish());
  auto writer = *TableWriter::Open(storage, *table.metadata, {});
  ASSERT_TRUE(writer->Write(rows));
  const auto files = *writer->Finish();
  ASSERT_EQ(files.size(), places.size());
  std::set<std::optional<std::string>> seen;
  for (const iceberg::DataFile& file : files) {
    EXPECT_EQ(file.record_count, 1);
    seen.insert(iceberg::IsNull(file.partition[0]) ? std::nullopt
                                                   : std::optional(std::get<std::string>(file.partition[0])));
    for (size_t begin = 0, end; begin < file.location.size(); begin = end + 1) {
      end = std::min(file.location.find('/', begin), file.location.size());
      EXPECT_LE(end - begin, 255u);
    }
  }
  EXPECT_EQ(seen.size(), places.size());
}

}  // namespace
}  // namespace ingot::rows
