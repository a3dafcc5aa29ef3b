#include "rows/row_deletes.h"

#include "iceberg/metadata_columns.h"
#include "rows/parquet_file.h"
#include "tests/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

/// An equality delete file on `id` for the ids [begin, end).
iceberg::DataFile EqualityDeletes(const iceberg::Table& table, int64_t begin, int64_t end) {
  iceberg::Schema schema;
  schema.fields = {table.metadata->CurrentSchema().fields[0]};
  arrow::Int64Builder ids;
  for (int64_t id = begin; id < end; ++id) (void)ids.Append(id);
  auto writer = *ParquetFileWriter::Open(
      *table.home.storage, "file:///w/t/data/eq-" + std::to_string(begin) + ".parquet", schema, *table.metadata);
  EXPECT_TRUE(writer->Write(*arrow::RecordBatch::Make(*ToArrowSchema(schema), end - begin, {*ids.Finish()})));
  iceberg::DataFile file = *writer->Close();
  file.content = iceberg::FileContent::kEqualityDeletes;
  file.equality_ids = {1};
  return file;
}

int64_t Rows(const iceberg::Table& table, std::vector<std::string> columns = {}) {
  const auto plan = *PlanScan(*table.home.storage, *table.metadata, {.columns = std::move(columns)});
  const auto rows = ReadRows(table.home.storage, *table.metadata, plan);
  EXPECT_TRUE(rows) << rows.error().message;
  return (*rows)->num_rows();
}

// Goal:   equality deletes remove older rows only, also if their column is not read.
// Method: rows, deletes of some of them, the same rows again.
TEST(RowDeletes, EqualityDeletesApplyToOlderData) {
  const auto storage = storage::MakeMemoryStorage();
  iceberg::Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 100);
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {EqualityDeletes(table, 10, 30)}});
  EXPECT_EQ(Rows(table), 80);
  EXPECT_EQ(Rows(table, {"place"}), 80);
  table = Append(table, 10, 30);
  EXPECT_EQ(Rows(table), 100);
}

// Goal:   a deletion vector inside a Puffin file is applied; an invalid offset or size is an error.
// Method: a vector of another project after some bytes; wrong sizes and counts.
TEST(RowDeletes, DeletionVectors) {
  INGOT_NEED_PEER_DATA();
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = MakeTable(storage, std::make_shared<MemoryCatalog>());
  const std::string blob =
      ReadFile(PeerData() / "iceberg_metadata/org/apache/iceberg/deletes/small-alternating-values-position-index.bin");
  const auto puffin = *storage->OpenOutput("file:///w/v.puffin");
  ASSERT_TRUE(puffin->Write("PFA1" + blob).ok() && puffin->Close().ok());
  FileTask task{.file = {.location = "file:///w/d.parquet", .record_count = 10}, .sequence_number = 1, .deletes = {}};
  task.deletes.push_back({.content = iceberg::FileContent::kPositionDeletes,
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
  EXPECT_TRUE(refuses([](iceberg::DataFile& file) { file.record_count = 4; }));
  EXPECT_TRUE(refuses([](iceberg::DataFile& file) { file.content_offset = 5; }));
  EXPECT_TRUE(refuses([](iceberg::DataFile& file) { file.content_offset = -1; }));
  EXPECT_TRUE(refuses([](iceberg::DataFile& file) { file.content_size_bytes = int64_t(1) << 60; }));
}

/// A column before and after its promotion, with values as JSON of which the delete files contain some.
struct Promotion {
  iceberg::Type from, to;
  std::shared_ptr<arrow::DataType> narrow, wide;
  std::string rows, deleted_before, deleted_after, left_before, left_after;
};

iceberg::Table CommitRows(const iceberg::Table& table, const std::shared_ptr<arrow::RecordBatch>& rows) {
  auto writer = *TableWriter::Open(table.home.storage, *table.metadata, {});
  EXPECT_TRUE(writer->Write(rows));
  return *iceberg::CommitSnapshot(table.home, {.added = *writer->Finish()});
}

/// Equality deletes on column 1 in its current type.
iceberg::Table DeleteKeys(const iceberg::Table& table, const std::shared_ptr<arrow::DataType>& type,
                          const std::string& keys) {
  const iceberg::Schema schema{
      .schema_id = 0, .fields = {table.metadata->CurrentSchema().fields[0]}, .identifier_field_ids = {}};
  auto writer = *ParquetFileWriter::Open(*table.home.storage, "file:///w/d-" + iceberg::NewFileName() + ".parquet",
                                         schema, *table.metadata);
  EXPECT_TRUE(writer->Write(*RowsOf({{"k", type, keys}})));
  iceberg::DataFile file = *writer->Close();
  file.content = iceberg::FileContent::kEqualityDeletes;
  file.equality_ids = {1};
  return *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {file}});
}

std::string Names(const iceberg::Table& table, std::optional<iceberg::SnapshotId> snapshot,
                  std::vector<std::string> columns) {
  const auto plan =
      *PlanScan(*table.home.storage, *table.metadata, {.snapshot_id = snapshot, .columns = std::move(columns)});
  const auto rows = ReadRows(table.home.storage, *table.metadata, plan);
  EXPECT_TRUE(rows) << rows.error().message;
  const auto names = (*rows)->GetColumnByName("name");
  return rows && names->num_chunks() > 0 ? Text(**arrow::Concatenate(names->chunks())) : "";
}

// Goal:   equality deletes apply whatever type their column had when rows, deletes and snapshot were written, and
//         whether or not it is read, renamed or dropped.
// Method: each promotion; deletes before and after it.
TEST(RowDeletes, KeysOfPromotedColumns) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO), nanos = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto decimal = [](int32_t precision) {
    return iceberg::Type{.id = iceberg::TypeId::kDecimal, .precision = precision, .scale = 2};
  };
  const std::vector<Promotion> promotions{
      {{.id = iceberg::TypeId::kInt},
       {.id = iceberg::TypeId::kLong},
       arrow::int32(),
       arrow::int64(),
       "[0,-1,2,null]",
       "[-1]",
       "[null,0]",
       "[r0,r2,r3]",
       "[r2]"},
      {{.id = iceberg::TypeId::kFloat},
       {.id = iceberg::TypeId::kDouble},
       arrow::float32(),
       arrow::float64(),
       "[-0.0,NaN,0.5,null]",
       "[0.0]",
       "[NaN,0.5]",
       "[r1,r2,r3]",
       "[r3]"},
      {decimal(9), decimal(30), arrow::decimal128(9, 2), arrow::decimal128(30, 2),
       R"(["0.00","-1.00","7654321.99",null])", R"(["-1.00"])", R"(["7654321.99"])", "[r0,r2,r3]", "[r0,r3]"},
      {{.id = iceberg::TypeId::kDate},
       {.id = iceberg::TypeId::kTimestamp},
       arrow::date32(),
       micros,
       "[0,-1,19000,null]",
       "[-1]",
       "[1641600000000000]",
       "[r0,r2,r3]",
       "[r0,r3]"},
      {{.id = iceberg::TypeId::kDate},
       {.id = iceberg::TypeId::kTimestampNs},
       arrow::date32(),
       nanos,
       "[0,-1,19000,null]",
       "[-1]",
       "[1641600000000000000]",
       "[r0,r2,r3]",
       "[r0,r3]"}};
  for (const Promotion& of : promotions) {
    const iceberg::Schema schema{.schema_id = 0,
                                 .fields = {{.id = 1, .name = "k", .type = of.from},
                                            {.id = 2, .name = "name", .type = {.id = iceberg::TypeId::kString}}},
                                 .identifier_field_ids = {}};
    const auto metadata = iceberg::MakeTableMetadata(
        {.schema = schema, .partition = {}, .location = "file:///w/t", .properties = {{"format-version", "3"}}});
    iceberg::Table table =
        *iceberg::CreateTable({std::make_shared<MemoryCatalog>(), storage::MakeMemoryStorage(), {"n", "t"}}, *metadata);
    table = CommitRows(table, RowsOf({{"k", of.narrow, of.rows}, {"name", arrow::utf8(), R"(["r0","r1","r2","r3"])"}}));
    table = DeleteKeys(table, of.narrow, of.deleted_before);
    const auto before = table.metadata->current_snapshot_id;
    const auto change = [&](const std::function<void(iceberg::Schema&)>& edit) {
      table = *iceberg::CommitMetadata(table.home, [&](iceberg::TableMetadata& next) -> Status {
        iceberg::Schema edited = next.CurrentSchema();
        edit(edited);
        iceberg::SetCurrentSchema(next, edited);
        return {};
      });
    };
    change([&](iceberg::Schema& next) { next.fields[0].type = of.to; });
    const auto expect = [&](const std::string& now, const std::vector<std::string>& all) {
      EXPECT_EQ(Names(table, before, {}), of.left_before)
          << iceberg::TypeName(of.from) << " " << iceberg::TypeName(of.to);
      EXPECT_EQ(Names(table, before, {"name"}), of.left_before) << iceberg::TypeName(of.to);
      EXPECT_EQ(Names(table, {}, all), now) << iceberg::TypeName(of.to);
      EXPECT_EQ(Names(table, {}, {"name"}), now) << iceberg::TypeName(of.to);
    };
    expect(of.left_before, {"k", "name"});
    table = DeleteKeys(table, of.wide, of.deleted_after);
    expect(of.left_after, {"k", "name"});
    change([](iceberg::Schema& next) { next.fields[0].name = "renamed"; });
    expect(of.left_after, {"renamed", "name"});
    change([](iceberg::Schema& next) { next.fields.erase(next.fields.begin()); });
    expect(of.left_after, {"name"});
  }
}

// Goal:   unsupported equality deletes are an error with the column's name, never wrong rows.
// Method: a column of a struct, and an unknown one.
TEST(RowDeletes, UnsupportedKeysAreErrors) {
  iceberg::Table table = Append(MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>()), 0, 10);
  table = *iceberg::CommitMetadata(table.home, [](iceberg::TableMetadata& next) -> Status {
    iceberg::Schema schema = next.CurrentSchema();
    iceberg::Field inner{.id = 6, .name = "inner", .type = {.id = iceberg::TypeId::kLong}};
    schema.fields.push_back({.id = 5, .name = "outer", .type = {.id = iceberg::TypeId::kStruct, .fields = {inner}}});
    iceberg::SetCurrentSchema(next, schema);
    return {};
  });
  for (const auto& [id, named] :
       {std::pair<iceberg::FieldId, std::string>{6, "outer.inner"}, {99, "field id 99"}, {5, "outer"}}) {
    iceberg::DataFile file = DeleteIds(table, {1});
    file.equality_ids = {id};
    const iceberg::Table after =
        *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {file}, .branch = "b" + named});
    const auto plan = *PlanScan(*after.home.storage, *after.metadata,
                                {.snapshot_id = after.metadata->refs.at("b" + named).snapshot_id});
    const auto rows = ReadRows(after.home.storage, *after.metadata, plan);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, ErrorKind::kUnsupported);
    EXPECT_NE(rows.error().message.find(named), std::string::npos) << rows.error().message;
  }
}

// Goal:   position deletes apply to the file that they name in any spelling.
// Method: spellings of one location.
TEST(RowDeletes, PathsInAnySpelling) {
  const std::string file = "file:///w/t/data/a.parquet";
  for (const char* same : {"/w/t/data/a.parquet", "file:/w/t/data/a.parquet", "file:///w/t/./data/a.parquet",
                           "file:///w//t/data/a.parquet", "file:///w/t/x/../data/a.parquet"})
    EXPECT_TRUE(NamesFile(same, file)) << same;
  for (const char* other : {"file:///w/t/data/b.parquet", "file:///w/u/data/a.parquet", "s3://w/t/data/a.parquet", ""})
    EXPECT_FALSE(NamesFile(other, file)) << other;
  EXPECT_TRUE(NamesFile("s3a://bucket/a.parquet", "s3://bucket/a.parquet"));
  iceberg::Table table = Append(MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>()), 0, 10);
  const iceberg::Schema schema = iceberg::PositionDeleteSchema();
  auto writer = *ParquetFileWriter::Open(*table.home.storage, "file:///w/d.parquet", schema, *table.metadata);
  const std::string path = Tasks(table)[0].file.location.substr(std::string("file://").size());
  ASSERT_TRUE(writer->Write(*RowsOf(
      {{"file_path", arrow::utf8(), "[\"" + path + "\",\"" + path + "\"]"}, {"pos", arrow::int64(), "[3,4]"}})));
  iceberg::DataFile deletes = *writer->Close();
  deletes.content = iceberg::FileContent::kPositionDeletes;
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {deletes}});
  EXPECT_EQ(Rows(table), 8);
}

}  // namespace
}  // namespace ingot::rows
