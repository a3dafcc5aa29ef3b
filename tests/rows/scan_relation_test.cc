#include "rows/scan_relation.h"

#include "base/rows.h"
#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   the parts of a relation have the requested columns of each row once; its columns are known before reading.
// Method: two files, one column; a filter that matches one file.
TEST(ScanRelation, PartsHoldAllRows) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = Append(Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10), 10, 30);
  const Relation relation = *RelationOf(table, *PlanScan(*storage, *table.metadata, {}));
  EXPECT_EQ(relation.rows_estimate, 30);
  const Relation columns = *ColumnsOf(table, table.metadata->snapshots.begin()->snapshot_id);
  EXPECT_TRUE(columns.schema->Equals(*relation.schema));
  EXPECT_EQ(columns.rows_estimate, 10);
  EXPECT_EQ(ColumnsOf(table)->rows_estimate, 30);
  const ScanOptions some{.filter = iceberg::Compare("id", iceberg::FilterOp::kLess, int64_t(10))};
  EXPECT_EQ(RelationOf(table, *PlanScan(*storage, *table.metadata, some))->open({0})->size(), 1u);
  int64_t rows = 0;
  const auto parts = *relation.open({2});
  for (const auto& part : parts) {
    const auto read = (*part())->ToTable().ValueOrDie();
    EXPECT_EQ(read->schema()->field_names(), std::vector<std::string>{"place"});
    rows += read->num_rows();
  }
  EXPECT_EQ(rows, 30);
}

// Goal:   text is returned as dictionaries if the files have it so, with the same values.
// Method: a column with repeated values and one without, compared with a read without dictionaries.
TEST(ScanRelation, TextMayComeAsDictionaries) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 100);
  const auto plan = *PlanScan(*storage, *table.metadata, {});
  const auto plain = *ReadRows(storage, *table.metadata, plan);
  int64_t rows = 0;
  EXPECT_TRUE(ForEachBatch(table, plan, 1, [&](size_t, const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
    rows += batch->num_rows();
    EXPECT_TRUE(batch->ValidateFull().ok());
    EXPECT_EQ(batch->GetColumnByName("place")->type_id(), arrow::Type::DICTIONARY);
    EXPECT_TRUE((*DecodeDictionaries(batch))->Equals(*plain->CombineChunksToBatch().ValueOrDie()));
    return {};
  }));
  EXPECT_EQ(rows, 100);
}

// Goal:   rows are converted to the order and types of the table.
// Method: columns in another order, one missing, one narrower.
TEST(ScanRelation, AlignColumns) {
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("place", arrow::utf8()), arrow::field("id", arrow::int32())}), 1,
      {*RepeatValue(std::string("x"), {.id = iceberg::TypeId::kString}, 1),
       *RepeatValue(int32_t(5), {.id = iceberg::TypeId::kInt}, 1)});
  const auto aligned = *AlignColumns(batch, EventSchema());
  EXPECT_EQ(CellValue(*aligned->column(0), 0, {.id = iceberg::TypeId::kLong}), iceberg::Value(int64_t(5)));
  EXPECT_TRUE(aligned->column(1)->IsNull(0));
}

}  // namespace
}  // namespace ingot::rows
