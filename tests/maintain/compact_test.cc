#include "maintain/compact.h"

#include <functional>
#include <set>

#include "iceberg/metadata_columns.h"
#include "rows/variant.h"
#include "tests/rows/fixtures.h"
#include "tests/rows/nested_tables.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::FileContent;
using iceberg::Table;
using rows::MemoryCatalog;

std::multiset<int64_t> Ids(const Table& table) {
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {});
  const auto rows = *rows::ReadRows(table.home.storage, *table.metadata, *plan);
  std::multiset<int64_t> ids;
  for (const auto& chunk : rows->column(0)->chunks())
    for (int64_t i = 0; i < chunk->length(); ++i)
      ids.insert(std::static_pointer_cast<arrow::Int64Array>(chunk)->Value(i));
  return ids;
}

size_t Files(const Table& table) {
  return rows::Tasks(table).size();
}

Table Appends(int count, iceberg::Properties properties = {}) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(),
                                {{"at", {.kind = iceberg::TransformKind::kHour}}}, std::move(properties));
  for (int i = 0; i < count; ++i) table = rows::Append(table, i * 10, i * 10 + 10);
  return table;
}

CompactOptions Options() {
  CompactOptions options;
  options.policy.files_min = 2;
  return options;
}

// Goal:   many small files become one per partition, with the same rows.
// Method: twelve appends over two hours; a second run has nothing to do.
TEST(CompactTable, MergesSmallFiles) {
  const Table table = Appends(12);
  const auto done = CompactTable(table.home, Options());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->files_in, 12);
  EXPECT_EQ(done->files_out, 2);
  EXPECT_EQ(done->rows, 120);
  const Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(Ids(after), Ids(table));
  EXPECT_EQ(Files(after), 2u);
  EXPECT_EQ(after.metadata->CurrentSnapshot()->Operation(), "replace");
  EXPECT_EQ(after.metadata->CurrentSnapshot()->summary.at("total-records"), "120");
  EXPECT_EQ(CompactTable(table.home, Options())->commits, 0);
}

// Goal:   deletes are applied, and delete files that no longer apply are removed.
// Method: delete ids of both hours.
TEST(CompactTable, AppliesDeletes) {
  Table table = Appends(12);
  std::vector<DataFile> deletes;
  std::set<int64_t> done_partitions;
  for (const auto& task : rows::Tasks(table))
    if (done_partitions.insert(std::get<int32_t>(task.file.partition[0])).second)
      deletes.push_back(rows::DeleteIds(table, {3, 70}, task.file.partition));
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = deletes});
  ASSERT_EQ(Ids(table).size(), 118u);
  const auto done = CompactTable(table.home, Options());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->deletes_removed, 2);
  const Table after = *iceberg::LoadTable(table.home);
  EXPECT_EQ(Ids(after), Ids(table));
  EXPECT_EQ(rows::PlanScan(*after.home.storage, *after.metadata, {})->deletes.size(), 0u);
  EXPECT_EQ(after.metadata->CurrentSnapshot()->summary.at("total-delete-files"), "0");
}

/// Makes another commit just before the compaction's commit.
void CommitBeside(const std::function<void()>& beside, const Table& table, Compacted& done) {
  CompactOptions options = Options();
  bool first = true;
  options.progress = [&](int64_t) {
    if (first) beside();
    first = false;
  };
  options.threads = 1;
  auto compacted = CompactTable(table.home, options);
  ASSERT_TRUE(compacted) << compacted.error().message;
  done = *compacted;
}

// Goal:   a concurrent append is no conflict; a concurrent equality delete applies to the new files; a concurrent
//         removal of files makes compaction drop its work on them. No row is lost or restored.
// Method: each is committed while compaction writes.
TEST(CompactTable, NeverUndoesConcurrentCommits) {
  {
    const Table table = Appends(6);
    Compacted done;
    CommitBeside([&] { rows::Append(table, 1000, 1010); }, table, done);
    EXPECT_EQ(done.files_in, 6);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)).size(), 70u);
  }
  {
    const Table table = Appends(6);
    const auto partition = rows::Tasks(table)[0].file.partition;
    Compacted done;
    CommitBeside(
        [&] {
          ASSERT_TRUE(iceberg::CommitSnapshot(
              table.home, {.operation = "delete", .added = {rows::DeleteIds(table, {5, 6}, partition)}}));
        },
        table, done);
    EXPECT_EQ(done.commits, 1);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)).size(), 58u);
  }
  {
    const Table table = Appends(6);
    const std::string victim = rows::Tasks(table)[0].file.location;
    const auto data_files = [&] { return table.home.storage->List("file:///w/t/data")->size(); };
    const size_t before = data_files();
    Compacted done;
    CommitBeside(
        [&] {
          ASSERT_TRUE(iceberg::CommitSnapshot(
              table.home, {.operation = "delete",
                           .removes = [&](const DataFile& file) -> Result<bool> { return file.location == victim; }}));
        },
        table, done);
    EXPECT_EQ(done.bins_dropped, 1);
    EXPECT_EQ(done.commits, 0);
    EXPECT_EQ(Ids(*iceberg::LoadTable(table.home)).size(), 50u);
    EXPECT_EQ(data_files(), before);
  }
}

// Goal:   compaction fails where it would cause permanent damage.
// Method: a file that is referenced twice; an unknown column to sort by.
TEST(CompactTable, FailsBeforePermanentDamage) {
  const Table table = Appends(6);
  const Table twice = *iceberg::CommitSnapshot(table.home, {.added = {rows::Tasks(table).at(0).file}});
  const auto rejected = CompactTable(twice.home, Options());
  ASSERT_FALSE(rejected);
  EXPECT_NE(rejected.error().message.find("--repair"), std::string::npos);
  CompactOptions options = Options();
  options.sort_by = {{.column = "nothing"}};
  EXPECT_EQ(CompactTable(Appends(2).home, options).error().kind, ErrorKind::kBadInput);
}

// Goal:   compaction sorts rows on request.
// Method: order by speed descending.
TEST(CompactTable, Sorts) {
  Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>());
  for (const int begin : {30, 10, 20}) table = rows::Append(table, begin, begin + 10);
  CompactOptions options = Options();
  options.sort_by = {{.column = "id"}};
  options.policy.everything = true;
  const auto done = CompactTable(table.home, options);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->files_out, 1);
  const Table after = *iceberg::LoadTable(table.home);
  const auto plan = rows::PlanScan(*after.home.storage, *after.metadata, {});
  const auto read = *rows::ReadRows(after.home.storage, *after.metadata, *plan);
  const auto rows = *read->CombineChunks();
  const auto ids = std::static_pointer_cast<arrow::Int64Array>(rows->column(0)->chunk(0));
  for (int64_t i = 0; i < ids->length(); ++i) EXPECT_EQ(ids->Value(i), 10 + i);
}

/// The ids in each file, in file order.
std::vector<std::vector<int64_t>> IdsOfFiles(const Table& table) {
  std::vector<std::vector<int64_t>> files;
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  for (const auto& task : plan->tasks) {
    files.emplace_back();
    const auto reader = *rows::OpenTask(table.home.storage, *table.metadata, plan->projection, task);
    while (const auto batch = *reader->Next())
      for (int64_t i = 0; i < batch->num_rows(); ++i)
        files.back().push_back(std::static_pointer_cast<arrow::Int64Array>(batch->column(0))->Value(i));
  }
  return files;
}

// Goal:   the table's sort order is applied by default, in bounded memory.
// Method: an order by property; a memory limit that holds all rows, and one that does not: then the file has no sort
//         order.
TEST(CompactTable, SortsByTheTablesOrder) {
  for (const bool roomy : {true, false}) {
    Table table = rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>());
    table = *iceberg::CommitMetadata(table.home, [](iceberg::TableMetadata& metadata) {
      return iceberg::SetSortOrder(metadata, {{.column = "place", .descending = true}, {.column = "id"}});
    });
    for (const int begin : {10, 0, 5}) table = rows::Append(table, begin, begin + 5);
    CompactOptions options = Options();
    if (!roomy) options.memory_bytes = 4;
    ASSERT_TRUE(CompactTable(table.home, options));
    const Table after = *iceberg::LoadTable(table.home);
    const auto files = IdsOfFiles(after);
    ASSERT_EQ(files.size(), 1u);
    if (roomy)
      EXPECT_EQ(files[0], (std::vector<int64_t>{4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11, 0, 5, 10}));
    else
      EXPECT_EQ(files[0], (std::vector<int64_t>{14, 13, 12, 11, 10, 4, 3, 2, 1, 0, 9, 8, 7, 6, 5}));
    EXPECT_EQ(rows::Tasks(after)[0].file.sort_order_id, roomy ? 1 : 0);
  }
}

// Goal:   rows of format 3 keep their row ids and sequence numbers through repeated compaction.
// Method: rows of three commits, some deleted; their lineage before and after, sorted and unsorted.
TEST(CompactTable, KeepsRowLineage) {
  Table table =
      rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<MemoryCatalog>(), {}, {{"format-version", "3"}});
  for (const int begin : {20, 0, 10}) table = rows::Append(table, begin, begin + 10);
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {rows::DeleteIds(table, {3, 12, 29})}});
  const auto lineage = [](const Table& of) {
    auto plan = *rows::PlanScan(*of.home.storage, *of.metadata, {.columns = {"id"}});
    plan.projection = iceberg::WithRowLineage(plan.projection);
    std::set<std::string> rows;
    const auto read = *rows::ReadRows(of.home.storage, *of.metadata, plan);
    for (int64_t row = 0; row < read->num_rows(); ++row) {
      std::string text;
      for (const auto& column : read->columns()) text += " " + (*column->GetScalar(row))->ToString();
      rows.insert(text);
    }
    return rows;
  };
  const auto before = lineage(table);
  EXPECT_EQ(before.size(), 27u);
  EXPECT_TRUE(before.contains(" 20 0 1"));
  EXPECT_TRUE(before.contains(" 19 29 3"));
  for (const bool sorted : {false, true}) {
    CompactOptions options = Options();
    options.policy.everything = true;
    if (sorted) options.sort_by = {{.column = "speed", .descending = true}};
    ASSERT_TRUE(CompactTable(table.home, options));
    const Table after = *iceberg::LoadTable(table.home);
    EXPECT_EQ(rows::Tasks(after).size(), 1u);
    EXPECT_EQ(lineage(after), before);
    EXPECT_FALSE(rows::Tasks(after)[0].file.value_counts.find(iceberg::kRowId) !=
                 rows::Tasks(after)[0].file.value_counts.end());
    EXPECT_EQ(Ids(after).size(), 27u);
  }
}

// Goal:   nested columns survive compaction.
// Method: random columns, sorted and unsorted, with and without partitions.
TEST(CompactTable, NestedColumnsStay) {
  Random random(3);
  for (int trial = 0; trial < 24; ++trial) {
    SCOPED_TRACE(trial);
    const auto sample = rows::MakeSample(random, 48);
    const Table table = rows::TableOf(sample, 3, trial % 2 == 1, random);
    CompactOptions options = Options();
    if (trial % 4 > 1) options.sort_by = {{.column = "n", .descending = true}};
    const auto done = CompactTable(table.home, options);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->commits, 1);
    rows::ExpectTable(*iceberg::LoadTable(table.home), sample);
  }
}

/// The bytes of all variants of a table, without null rows.
std::multiset<std::string> StoredVariants(const Table& table) {
  auto plan = *rows::PlanScan(*table.home.storage, *table.metadata, {});
  plan.projection = rows::WithStoredVariants(plan.projection);
  const auto rows = rows::ReadRows(table.home.storage, *table.metadata, plan);
  EXPECT_TRUE(rows) << rows.error().message;
  std::multiset<std::string> bytes;
  const std::function<void(const arrow::Array&)> collect = [&](const arrow::Array& array) {
    const auto& structs = static_cast<const arrow::StructArray&>(array);
    if (structs.struct_type()->GetFieldIndex("metadata") < 0) return collect(*structs.field(0));
    const auto part = [&](int i, int64_t row) {
      return static_cast<const arrow::BinaryArray&>(*structs.field(i)).GetString(row);
    };
    for (int64_t row = 0; row < array.length(); ++row)
      if (array.IsValid(row)) bytes.insert(part(0, row) + "|" + part(1, row));
  };
  for (int column = 1; column < (*rows)->num_columns(); ++column)
    for (const auto& chunk : (*rows)->column(column)->chunks()) collect(*chunk);
  return bytes;
}

// Goal:   compaction keeps the bytes of variants, as JSON has no decimals, dates, UUIDs or bytes.
// Method: values that JSON does not have, at the top and in a struct, with nulls; sorted and unsorted, with deletes.
TEST(CompactTable, KeepsVariants) {
  using iceberg::TypeId;
  const iceberg::Field inner{.id = 4, .name = "inner", .type = {.id = TypeId::kVariant}};
  const auto metadata = iceberg::MakeTableMetadata(
      {.schema = {.schema_id = 0,
                  .fields = {{.id = 1, .name = "id", .type = {.id = TypeId::kLong}},
                             {.id = 2, .name = "v", .type = {.id = TypeId::kVariant}},
                             {.id = 3, .name = "s", .type = {.id = TypeId::kStruct, .fields = {inner}}}},
                  .identifier_field_ids = {}},
       .partition = {},
       .location = "file:///w/t",
       .properties = {{"format-version", "3"}}});
  Table table =
      *iceberg::CreateTable({std::make_shared<MemoryCatalog>(), storage::MakeMemoryStorage(), {"n", "t"}}, *metadata);
  const std::vector<std::string> values{std::string("\x2C\x42\x4E\0\0", 5),        // a date
                                        std::string("\x20\x02\x39\x30\0\0", 6),    // decimal 123.45
                                        std::string("\x38\0\0\xC0\x3F", 5),        // float 1.5
                                        std::string("\x3C\x02\0\0\0\xFF\x00", 7),  // two bytes
                                        "\x50" + std::string(16, '\x07')};         // a UUID
  int64_t id = 0;
  for (int file = 0; file < 2; ++file) {
    arrow::Int64Builder ids;
    const auto parts = [] {
      return std::vector<std::shared_ptr<arrow::ArrayBuilder>>{std::make_shared<arrow::BinaryBuilder>(),
                                                               std::make_shared<arrow::BinaryBuilder>()};
    };
    arrow::StructBuilder variants(rows::StoredVariantType(), arrow::default_memory_pool(), parts());
    for (const std::string& value : values) {
      (void)ids.Append(id++);
      (void)variants.Append();
      (void)static_cast<arrow::BinaryBuilder*>(variants.field_builder(0))->Append(std::string("\x01\0\0", 3));
      (void)static_cast<arrow::BinaryBuilder*>(variants.field_builder(1))->Append(value);
    }
    (void)ids.Append(id++);
    (void)variants.AppendNull();
    const auto column = *variants.Finish();
    const auto nested = *arrow::StructArray::Make({column}, std::vector<std::string>{"inner"});
    auto writer = *rows::TableWriter::Open(table.home.storage, *table.metadata, {});
    const auto rows =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int64()), arrow::field("v", column->type()),
                                                arrow::field("s", nested->type())}),
                                 column->length(), {*ids.Finish(), column, nested});
    const auto written = writer->Write(rows);
    ASSERT_TRUE(written) << written.error().message;
    table = *iceberg::CommitSnapshot(table.home, {.added = *writer->Finish()});
  }
  table = *iceberg::CommitSnapshot(table.home, {.operation = "delete", .added = {rows::DeleteIds(table, {0})}});
  const auto before = StoredVariants(table);
  ASSERT_EQ(before.size(), 18u);
  for (const bool sorted : {false, true}) {
    CompactOptions options = Options();
    options.policy.everything = true;
    if (sorted) options.sort_by = {{.column = "id", .descending = true}};
    const auto done = CompactTable(table.home, options);
    ASSERT_TRUE(done) << done.error().message;
    const Table after = *iceberg::LoadTable(table.home);
    EXPECT_EQ(Files(after), 1u);
    EXPECT_EQ(StoredVariants(after), before);
  }
}

}  // namespace
}  // namespace ingot::maintain
