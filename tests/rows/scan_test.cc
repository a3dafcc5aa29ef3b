#include "rows/scan.h"

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

// Goal:   partitions and bounds prune files and manifests, and no matching row is lost.
// Method: ten days in ten commits, one day requested.
TEST(Scan, PrunesByPartitionAndBounds) {
  const auto storage = storage::MakeMemoryStorage();
  iceberg::Table table =
      MakeTable(storage, std::make_shared<MemoryCatalog>(), {{"at", *iceberg::ParseTransform("day")}});
  for (int day = 0; day < 10; ++day) table = Append(table, day * 1440, (day + 1) * 1440);
  const int64_t begin = 1'704'067'200'000'000 + 3 * 86'400'000'000;
  const auto plan =
      *PlanScan(*storage, *table.metadata,
                {.filter = iceberg::And({iceberg::Compare("at", iceberg::FilterOp::kGreaterOrEqual, begin),
                                         iceberg::Compare("at", iceberg::FilterOp::kLess, begin + 60'000'000)})});
  EXPECT_EQ(plan.tasks.size(), 1u);
  EXPECT_EQ(plan.manifests_pruned, 9);
  EXPECT_EQ(plan.RecordCount(), 1440);
  const auto by_bounds = *PlanScan(*storage, *table.metadata,
                                   {.filter = iceberg::Compare("id", iceberg::FilterOp::kEqual, int64_t(1500))});
  EXPECT_EQ(by_bounds.tasks.size(), 1u);
  EXPECT_EQ(by_bounds.files_pruned, 9);
}

// Goal:   a projection reads only its columns, an older snapshot only its rows.
// Method: two appends.
TEST(Scan, ColumnsAndTimeTravel) {
  const auto storage = storage::MakeMemoryStorage();
  const iceberg::Table first = Append(MakeTable(storage, std::make_shared<MemoryCatalog>()), 0, 10),
                       second = Append(first, 10, 30);
  const auto plan = *PlanScan(*storage, *second.metadata,
                              {.snapshot_id = first.metadata->current_snapshot_id, .columns = {"place", "id"}});
  const auto rows = *ReadRows(storage, *second.metadata, plan);
  EXPECT_EQ(rows->num_rows(), 10);
  EXPECT_EQ(rows->schema()->field_names(), (std::vector<std::string>{"place", "id"}));
  EXPECT_EQ(PlanScan(*storage, *second.metadata, {.snapshot_id = 12345}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(PlanScan(*storage, *second.metadata, {.columns = {"nothing"}}).error().kind, ErrorKind::kBadInput);
}

}  // namespace
}  // namespace ingot::rows
