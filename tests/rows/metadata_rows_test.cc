#include "rows/metadata_rows.h"

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   one row per snapshot, with the requested columns.
// Method: two appends.
TEST(MetadataRows, Snapshots) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table table = Append(Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10), 10, 20);
  const Relation rows = *SnapshotRows(table);
  EXPECT_EQ(rows.schema->num_fields(), 7);
  const auto parts = *rows.open({4, 1});
  const auto batch = *(*parts.at(0)())->Next();
  ASSERT_EQ(batch->num_rows(), 2);
  EXPECT_EQ(batch->column(0)->GetScalar(1).ValueOrDie()->ToString(), "append");
  EXPECT_EQ(batch->column(1)->GetScalar(1).ValueOrDie()->ToString(),
            std::to_string(*table.metadata->current_snapshot_id));
}

}  // namespace
}  // namespace ingot::rows
