#include <arrow/io/memory.h>
#include <parquet/arrow/writer.h>

#include "parquet/thrift_compact.h"
#include "rows/scan.h"
#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   files written before a schema change are read with the current schema.
// Method: rename, drop, add, widen.
TEST(FileReader, ColumnsAreFoundByFieldId) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10);
  iceberg::TableMetadata metadata = *table.metadata;
  iceberg::Schema schema = metadata.CurrentSchema();
  schema.fields[2].name = "city";
  schema.fields.erase(schema.fields.begin() + 1);
  schema.fields.push_back({.id = 5, .name = "place", .type = {.id = iceberg::TypeId::kInt}});
  schema.fields.push_back(
      {.id = 6, .name = "unit", .type = {.id = iceberg::TypeId::kString}, .initial_default = "\"Mbit/s\""});
  iceberg::SetCurrentSchema(metadata, schema);
  const auto rows = *ReadRows(storage, metadata, *PlanScan(*storage, metadata, {}));
  EXPECT_EQ(rows->schema()->field_names(), (std::vector<std::string>{"id", "city", "speed", "place", "unit"}));
  EXPECT_EQ(rows->column(1)->GetScalar(3).ValueOrDie()->ToString(), "p3");
  EXPECT_EQ(rows->column(3)->null_count(), 10);
  EXPECT_EQ(rows->column(4)->GetScalar(0).ValueOrDie()->ToString(), "Mbit/s");
}

// Goal:   errors name damaged and missing files.
// Method: truncate one file, remove one.
TEST(FileReader, ErrorsNameTheFile) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10);
  const auto plan = *PlanScan(*storage, *table.metadata, {});
  const std::string location = plan.tasks[0].file.location, bytes = *storage->ReadAll(location);
  (void)storage->Delete(location);
  EXPECT_EQ(ReadRows(storage, *table.metadata, plan).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(storage->CreateAtomic(location, bytes.substr(0, bytes.size() / 2)));
  const auto cut = ReadRows(storage, *table.metadata, plan);
  EXPECT_EQ(cut.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(cut.error().message.find(location), std::string::npos);
}

/// A Parquet file written by Arrow, as a task.
FileTask Stored(storage::Storage& storage, const std::string& name, const arrow::RecordBatch& rows) {
  const auto table =
      arrow::Table::FromRecordBatches({arrow::RecordBatch::Make(rows.schema(), rows.num_rows(), rows.columns())});
  const auto stream = *arrow::io::BufferOutputStream::Create();
  EXPECT_TRUE(parquet::arrow::WriteTable(**table, arrow::default_memory_pool(), stream).ok());
  const std::string location = "file:///w/t/data/" + name, bytes = (*stream->Finish())->ToString();
  EXPECT_TRUE(storage.CreateAtomic(location, bytes));
  return {.file = {.location = location,
                   .format = "PARQUET",
                   .record_count = rows.num_rows(),
                   .file_bytes = int64_t(bytes.size())},
          .sequence_number = 1,
          .deletes = {}};
}

// Goal:   without field ids, columns are identified by the partition's values first, then by the name mapping; without
//         a mapping the file is an error. Position deletes need no mapping.
// Method: columns in another order, one of them missing.
TEST(FileReader, FilesWithoutFieldIds) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table =
      MakeTable(storage, std::make_shared<MemoryCatalog>(), {{"place", {.kind = iceberg::TransformKind::kIdentity}}});
  iceberg::TableMetadata metadata = *table.metadata;
  FileTask task = Stored(*storage, "a.parquet",
                         *RowsOf({{"speed", arrow::float32(), "[1,2,3]"},
                                  {"name", arrow::utf8(), R"(["a","b","c"])"},
                                  {"id", arrow::int16(), "[7,8,9]"}}));
  task.file.partition = {iceberg::Value(std::string("x"))};
  const auto read = [&]() -> std::string {
    const auto reader = OpenTask(storage, metadata, metadata.CurrentSchema(), task);
    if (!reader) return reader.error().message;
    std::string text;
    const auto rows = *(*reader)->ToTable();
    for (const auto& column : rows->columns()) text += Text(*column->chunk(0));
    return text;
  };
  EXPECT_NE(read().find("schema.name-mapping.default"), std::string::npos) << read();
  EXPECT_NE(read().find("a.parquet"), std::string::npos) << read();
  metadata.properties["schema.name-mapping.default"] =
      R"([{"field-id":1,"names":["id"]},{"field-id":3,"names":["place","name"]},{"field-id":4,"names":["speed"]}])";
  EXPECT_EQ(read(), "[7,8,9][null,null,null][x,x,x][1,2,3]");
  task.file.partition = {iceberg::Value()};
  EXPECT_EQ(read(), "[7,8,9][null,null,null][null,null,null][1,2,3]");
  const FileTask deletes = Stored(
      *storage, "d.parquet",
      *RowsOf({{"pos", arrow::int64(), "[0,2]"},
               {"file_path", arrow::utf8(), "[\"" + task.file.location + "\",\"" + task.file.location + "\"]"}}));
  task.deletes = {deletes.file};
  task.deletes[0].content = iceberg::FileContent::kPositionDeletes;
  EXPECT_EQ(read(), "[8][null][null][2]");
}

/// Changes the logical type of the schema elements with this name in the file.
void SetLogicalType(storage::Storage& storage, const std::string& location, const std::string& name, int16_t type) {
  const std::string bytes = *storage.ReadAll(location);
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + bytes.size() - 8, sizeof length);
  const size_t begin = bytes.size() - 8 - length;
  parquet_format::ThriftValue footer = *parquet_format::ReadThrift(std::string_view(bytes).substr(begin, length));
  for (parquet_format::ThriftValue& element : footer.Find(2)->items) {
    if (element.Find(4)->bytes != name) continue;
    std::erase_if(element.fields, [](const parquet_format::ThriftField& field) { return field.id == 10; });
    parquet_format::ThriftValue logical;
    logical.fields.push_back({type, parquet_format::ThriftValue()});
    element.fields.push_back({10, logical});
  }
  const std::string changed = parquet_format::WriteThrift(footer);
  length = uint32_t(changed.size());
  ASSERT_TRUE(storage.Delete(location));
  ASSERT_TRUE(storage.CreateAtomic(
      location, bytes.substr(0, begin) + changed + std::string(reinterpret_cast<const char*>(&length), 4) + "PAR1"));
}

// Goal:   maps written by parquet-mr 1.10 are read; a valid footer that Arrow rejects is not called damaged.
// Method: the logical type "null" on the entries of a map, and "string" on the map.
TEST(FileReader, FootersThatArrowRejects) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Type map{.id = iceberg::TypeId::kMap,
                          .fields = {{.id = 3, .name = "key", .type = {.id = iceberg::TypeId::kInt}, .required = true},
                                     {.id = 4, .name = "value", .type = {.id = iceberg::TypeId::kInt}}}};
  const iceberg::Schema schema{
      .schema_id = 0,
      .fields = {{.id = 1, .name = "n", .type = {.id = iceberg::TypeId::kInt}}, {.id = 2, .name = "m", .type = map}},
      .identifier_field_ids = {}};
  const auto metadata =
      *iceberg::MakeTableMetadata({.schema = schema, .partition = {}, .location = "file:///w/t", .properties = {}});
  const auto arrow_schema = *ToArrowSchema(metadata.CurrentSchema());
  const auto rows = arrow::RecordBatch::Make(
      arrow_schema, 2, {ArrayOf(arrow::int32(), "[1,2]"), ArrayOf(arrow_schema->field(1)->type(), "[[[7,8]],null]")});
  const auto task = Stored(*storage, "a.parquet", *rows);
  SetLogicalType(*storage, task.file.location, "key_value", 11);
  const auto reader = OpenTask(storage, metadata, metadata.CurrentSchema(), task);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto read = *(*reader)->ToTable();
  EXPECT_EQ(Text(*read->column(0)->chunk(0)), "[1,2]");
  EXPECT_EQ(read->column(1)->null_count(), 1);
  SetLogicalType(*storage, task.file.location, "m", 1);
  const auto rejected = OpenTask(storage, metadata, metadata.CurrentSchema(), task);
  ASSERT_FALSE(rejected);
  EXPECT_EQ(rejected.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(
      rejected.error().message.find("a.parquet cannot be read: Arrow's Parquet reader does not support this file"),
      std::string::npos)
      << rejected.error().message;
}

}  // namespace
}  // namespace ingot::rows
