#include "iceberg/parquet_footer.h"

#include <parquet/metadata.h>

#include "iceberg/parquet_file.h"
#include "iceberg/scan.h"
#include "tests/iceberg/fixtures.h"

namespace ingot::iceberg {
namespace {

const std::string kFile = "/footer-test.parquet";

Schema TwoColumns() {
  Schema schema;
  schema.fields = {{.id = 1, .name = "at", .type = {.id = TypeId::kTimestamptz}},
                   {.id = 2, .name = "place", .type = {.id = TypeId::kString}}};
  return schema;
}

/// Three row groups: times 0 to 9, 100 to 109, nothing but nulls.
DataFile WriteGroups(storage::Storage& storage, const TableMetadata& metadata) {
  auto writer = *ParquetFileWriter::Open(storage, kFile, metadata.CurrentSchema(), metadata);
  for (const int64_t first : {0, 100, -1}) {
    arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool());
    for (int64_t i = 0; i < 10; ++i) EXPECT_TRUE((first < 0 ? at.AppendNull() : at.Append(first + i)).ok());
    const auto places = *RepeatValue(std::string("x"), {.id = TypeId::kString}, 10);
    EXPECT_TRUE(
        writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(metadata.CurrentSchema()), 10, {*at.Finish(), places})));
    EXPECT_TRUE(writer->EndRowGroup());
  }
  return *writer->Close();
}

// Goal:   row groups that cannot match are left out, others never. Method: filters on three groups, the parts that are
// left by their numbers; a column of which nothing is known.
TEST(ParquetFooter, PrunesRowGroups) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *MakeTableMetadata({.schema = TwoColumns(), .location = "x"});
  const DataFile file = WriteGroups(*storage, metadata);
  ASSERT_EQ(file.split_offsets.size(), 3u);
  const auto groups = [&](const Filter& filter) {
    ScanPlan plan{.schema = metadata.CurrentSchema()};
    plan.filter = *BoundFilter::Bind(filter, metadata.CurrentSchema());
    plan.tasks = {{.file = file}};
    std::vector<size_t> numbers;
    const auto parts = PartsOf(*storage, plan);
    for (const FileTask& part : *parts) numbers.push_back(*part.row_group);
    return numbers;
  };
  using Groups = std::vector<size_t>;
  const auto at = [](FilterOp op, int64_t value) { return Compare("at", op, Value(value)); };
  EXPECT_EQ(groups({}), (Groups{0, 1, 2}));
  EXPECT_EQ(groups(at(FilterOp::kLess, 100)), (Groups{0}));
  EXPECT_EQ(groups(at(FilterOp::kLessOrEqual, 100)), (Groups{0, 1}));
  EXPECT_EQ(groups(at(FilterOp::kEqual, 50)), (Groups{}));
  EXPECT_EQ(groups(Or({at(FilterOp::kGreater, 108), Compare("at", FilterOp::kIsNull, {})})), (Groups{1, 2}));
  EXPECT_EQ(groups(Compare("place", FilterOp::kEqual, Value(std::string("y")))), (Groups{0, 1, 2}));
}

// Goal:   a footer is read once. Method: the file is gone when it is asked for again; one that was never there.
TEST(ParquetFooter, IsReadOnce) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *MakeTableMetadata({.schema = TwoColumns(), .location = "x"});
  WriteGroups(*storage, metadata);
  const auto footer = *FooterOf(*storage, kFile);
  EXPECT_EQ(footer->num_row_groups(), 3);
  ASSERT_TRUE(storage->Delete(kFile));
  EXPECT_EQ(*FooterOf(*storage, kFile), footer);
  EXPECT_EQ(FooterOf(*storage, "/never.parquet").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace ingot::iceberg
