#include "rows/parquet_footer.h"

#include <arrow/array/concatenate.h>
#include <fmt/format.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "rows/parquet_file.h"
#include "rows/scan.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

const std::string kFile = "/footer-test.parquet";

iceberg::Schema ThreeColumns() {
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "at", .type = {.id = iceberg::TypeId::kTimestamptz}},
                   {.id = 2, .name = "place", .type = {.id = iceberg::TypeId::kString}},
                   {.id = 3, .name = "hour", .type = {.id = iceberg::TypeId::kTime}}};
  return schema;
}

/// A file of three row groups: times 0 to 9, 100 to 109, only nulls.
iceberg::DataFile WriteGroups(storage::Storage& storage, const iceberg::TableMetadata& metadata) {
  auto writer = *ParquetFileWriter::Open(storage, kFile, metadata.CurrentSchema(), metadata);
  for (const int64_t first : {0, 100, -1}) {
    arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), arrow::default_memory_pool());
    for (int64_t i = 0; i < 10; ++i) EXPECT_TRUE((first < 0 ? at.AppendNull() : at.Append(first + i)).ok());
    const auto places = *RepeatValue(std::string("x"), {.id = iceberg::TypeId::kString}, 10);
    const auto hours = *RepeatValue(int64_t(7), {.id = iceberg::TypeId::kTime}, 10);
    EXPECT_TRUE(writer->Write(
        *arrow::RecordBatch::Make(*ToArrowSchema(metadata.CurrentSchema()), 10, {*at.Finish(), places, hours})));
    EXPECT_TRUE(writer->EndRowGroup());
  }
  return *writer->Close();
}

/// The numbers of the row groups that remain; for a file with one row group, 0 or nothing.
std::vector<size_t> GroupsThatMayMatch(storage::Storage& storage, const iceberg::Schema& schema,
                                       const iceberg::DataFile& file, const iceberg::Filter& filter) {
  ScanPlan plan{.schema = schema};
  plan.filter = *iceberg::BoundFilter::Bind(filter, schema);
  plan.tasks = {{.file = file}};
  std::vector<size_t> numbers;
  const auto parts = PartsOf(storage, plan);
  for (const FileTask& part : *parts) numbers.push_back(part.row_group.value_or(0));
  return numbers;
}

// Goal:   row groups that cannot match are skipped, others never.
// Method: filters on three row groups, and the numbers of those that remain; a column without metrics.
TEST(ParquetFooter, PrunesRowGroups) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *iceberg::MakeTableMetadata({.schema = ThreeColumns(), .location = "x"});
  const iceberg::DataFile file = WriteGroups(*storage, metadata);
  ASSERT_EQ(file.split_offsets.size(), 3u);
  const auto groups = [&](const iceberg::Filter& filter) {
    return GroupsThatMayMatch(*storage, metadata.CurrentSchema(), file, filter);
  };
  using Groups = std::vector<size_t>;
  const auto at = [](iceberg::FilterOp op, int64_t value) { return iceberg::Compare("at", op, iceberg::Value(value)); };
  EXPECT_EQ(groups({}), (Groups{0, 1, 2}));
  EXPECT_EQ(groups(at(iceberg::FilterOp::kLess, 100)), (Groups{0}));
  EXPECT_EQ(groups(at(iceberg::FilterOp::kLessOrEqual, 100)), (Groups{0, 1}));
  EXPECT_EQ(groups(at(iceberg::FilterOp::kEqual, 50)), (Groups{}));
  EXPECT_EQ(groups(iceberg::Or(
                {at(iceberg::FilterOp::kGreater, 108), iceberg::Compare("at", iceberg::FilterOp::kIsNull, {})})),
            (Groups{1, 2}));
  EXPECT_EQ(groups(iceberg::Compare("place", iceberg::FilterOp::kEqual, iceberg::Value(std::string("y")))), (Groups{}));
  EXPECT_EQ(groups(iceberg::Compare("place", iceberg::FilterOp::kLessOrEqual, iceberg::Value(std::string("x")))),
            (Groups{0, 1, 2}));
  EXPECT_EQ(groups(iceberg::Compare("hour", iceberg::FilterOp::kEqual, iceberg::Value(int64_t(8)))), (Groups{0, 1, 2}));
}

// Goal:   bloom filters exclude values that bounds cannot, and never values that exist.
// Method: interleaved values in two row groups, of each type with its own hash; a condition without equality; a file of
//         one row group.
TEST(ParquetFooter, UsesBloomFilters) {
  const auto storage = storage::MakeMemoryStorage();
  const std::vector<iceberg::Type> types{{.id = iceberg::TypeId::kLong},        {.id = iceberg::TypeId::kInt},
                                         {.id = iceberg::TypeId::kTimestamptz}, {.id = iceberg::TypeId::kDate},
                                         {.id = iceberg::TypeId::kUuid},        {.id = iceberg::TypeId::kString},
                                         {.id = iceberg::TypeId::kDouble}};
  const auto value = [](const iceberg::Type& type, int64_t i) -> iceberg::Value {
    if (type.id == iceberg::TypeId::kInt || type.id == iceberg::TypeId::kDate) return int32_t(i);
    if (type.id == iceberg::TypeId::kDouble) return double(i);
    if (type.id == iceberg::TypeId::kUuid || type.id == iceberg::TypeId::kString) return fmt::format("{:016}", i);
    return i;
  };
  for (const iceberg::Type& type : types) {
    iceberg::Schema schema;
    schema.fields = {{.id = 1, .name = "id", .type = type}};
    auto metadata = *iceberg::MakeTableMetadata({.schema = schema, .location = "x"});
    metadata.properties["write.parquet.bloom-filter-enabled.column.id"] = "true";
    for (const int64_t groups : {2, 1}) {
      const std::string location = fmt::format("/bloom-{}-{}.parquet", iceberg::TypeName(type), groups);
      auto writer = *ParquetFileWriter::Open(*storage, location, schema, metadata);
      for (int64_t group = 0; group < groups; ++group) {
        arrow::ArrayVector arrays;
        for (int64_t i = 0; i < 100; ++i) arrays.push_back(*RepeatValue(value(type, 4 * i + 2 * group), type, 1));
        ASSERT_TRUE(
            writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(schema), 100, {*arrow::Concatenate(arrays)})));
        ASSERT_TRUE(writer->EndRowGroup());
      }
      const iceberg::DataFile file = *writer->Close();
      int64_t left = 0;
      for (int64_t i = 1; i < 390; ++i) {
        const auto found = GroupsThatMayMatch(*storage, schema, file,
                                              iceberg::Compare("id", iceberg::FilterOp::kEqual, value(type, i)));
        if (i % 2 == 0 && i / 2 % 2 < groups) {
          EXPECT_EQ(std::ranges::count(found, size_t(i / 2 % 2)), 1) << iceberg::TypeName(type) << " " << i;
        }
        left += int64_t(found.size());
      }
      const int64_t all = 389 * groups, right = groups == 2 ? 194 : 97;
      EXPECT_EQ(left < right + all / 20, type.id != iceberg::TypeId::kDouble)
          << iceberg::TypeName(type) << ": " << left;
      const iceberg::Filter several = iceberg::In("id", {value(type, 1), value(type, 4), value(type, 5)});
      EXPECT_EQ(std::ranges::count(GroupsThatMayMatch(*storage, schema, file, several), 0u), 1);
      EXPECT_EQ(GroupsThatMayMatch(*storage, schema, file,
                                   iceberg::Compare("id", iceberg::FilterOp::kGreater, value(type, 5)))
                    .size(),
                size_t(groups));
    }
  }
}

// Goal:   a footer is read once.
// Method: remove the file before the second read; a file that never existed.
TEST(ParquetFooter, IsReadOnce) {
  const auto storage = storage::MakeMemoryStorage();
  const auto metadata = *iceberg::MakeTableMetadata({.schema = ThreeColumns(), .location = "x"});
  WriteGroups(*storage, metadata);
  const auto footer = *FooterOf(*storage, kFile);
  EXPECT_EQ(footer->num_row_groups(), 3);
  ASSERT_TRUE(storage->Delete(kFile));
  EXPECT_EQ(*FooterOf(*storage, kFile), footer);
  EXPECT_EQ(FooterOf(*storage, "/never.parquet").error().kind, ErrorKind::kNotFound);
}

// Goal:   errors say why a file cannot be opened.
// Method: first and last bytes of other formats and of damaged files.
TEST(ParquetFooter, SaysWhyAFileIsUnreadable) {
  const auto storage = storage::MakeMemoryStorage();
  const std::string good = "PAR1" + std::string(20, 'x') + std::string("\x05\0\0\0PAR1", 8);
  const struct {
    std::string bytes;
    ErrorKind kind;
    const char* says;
  } cases[] = {{"", ErrorKind::kCorrupt, "is empty"},
               {"PARE" + std::string(20, 'x') + "PARE", ErrorKind::kUnsupported, "is encrypted"},
               {"PAR1" + std::string(20, 'x') + "PARE", ErrorKind::kUnsupported, "is encrypted"},
               {std::string("Obj\1", 4) + std::string(40, 'x'), ErrorKind::kCorrupt, "is an Avro file"},
               {"ORC" + std::string(40, 'x'), ErrorKind::kCorrupt, "is an ORC file"},
               {"id,name\n1,a\n2,b\n3,c\n", ErrorKind::kCorrupt, "is not a Parquet file"},
               {"PAR1" + std::string(40, 'x'), ErrorKind::kCorrupt, "is truncated"},
               {"PAR1", ErrorKind::kCorrupt, "is truncated"},
               {good, ErrorKind::kCorrupt, "invalid footer"}};
  int number = 0;
  for (const auto& of : cases) {
    const std::string location = "file:///w/f" + std::to_string(number++) + ".parquet";
    ASSERT_TRUE(storage->CreateAtomic(location, of.bytes));
    const iceberg::Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
    const auto footer = FooterOf(*storage, location);
    const auto rows = OpenTask(storage, *table.metadata, EventSchema(),
                               FileTask{.file = {.location = location}, .sequence_number = 0, .deletes = {}});
    for (const Error& error : {footer.error(), rows.error()}) {
      EXPECT_EQ(error.kind, of.kind) << error.message;
      EXPECT_NE(error.message.find(of.says), std::string::npos) << error.message;
      EXPECT_NE(error.message.find(location), std::string::npos) << error.message;
    }
  }
}

}  // namespace
}  // namespace ingot::rows
