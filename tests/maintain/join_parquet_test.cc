#include "maintain/join_parquet.h"

#include "tests/rows/fixtures.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;

const JoinOptions kAnySize{.group_bytes_min = 1};

Table MakeTable() {
  return rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>());
}

// Goal:   the joined file has all rows in order, and the manifest entry of a rewritten file.
// Method: three files of several row groups, compared with a file of the same rows.
TEST(JoinParquet, IsOneFile) {
  const Table table = MakeTable();
  std::vector<DataFile> files;
  for (const int begin : {0, 100, 250})
    files.push_back(rows::WriteEvents(table, begin,
                                      begin == 0     ? 100
                                      : begin == 100 ? 250
                                                     : 300,
                                      {.row_group_rows_max = 60, .name_prefix = {}})
                        .at(0));
  const auto joined = JoinParquet(*table.home.storage, files, table.metadata->CurrentSchema(),
                                  "file:///w/t/data/joined.parquet", kAnySize);
  ASSERT_TRUE(joined) << joined.error().message;
  ASSERT_TRUE(*joined);
  const DataFile& file = **joined;
  const DataFile whole = rows::WriteEvents(table, 0, 300).at(0);
  EXPECT_EQ(file.record_count, 300);
  EXPECT_EQ(file.value_counts, whole.value_counts);
  EXPECT_EQ(file.null_counts, whole.null_counts);
  EXPECT_EQ(file.lower_bounds, whole.lower_bounds);
  EXPECT_EQ(file.upper_bounds, whole.upper_bounds);
  EXPECT_EQ(file.split_offsets.size(),
            files[0].split_offsets.size() + files[1].split_offsets.size() + files[2].split_offsets.size());
  EXPECT_TRUE(std::ranges::is_sorted(file.split_offsets));
  const Table after = *iceberg::CommitSnapshot(table.home, {.added = {file}});
  const auto plan = *rows::PlanScan(*after.home.storage, *after.metadata, {});
  const auto rows = *rows::ReadRows(after.home.storage, *after.metadata, plan);
  ASSERT_TRUE(rows->ValidateFull().ok());
  const auto together = *rows->CombineChunksToBatch();
  EXPECT_TRUE(together->Equals(*rows::Events(0, 300, table.metadata->CurrentSchema())));
}

// Goal:   files that cannot be joined are left alone, and no file is left behind.
// Method: small row groups; two schemas; a file that is not Parquet.
TEST(JoinParquet, SkipsFilesThatCannotBeJoined) {
  const Table table = MakeTable();
  const std::string location = "file:///w/t/data/joined.parquet";
  const auto join = [&](std::vector<DataFile> files, JoinOptions options) {
    auto joined = JoinParquet(*table.home.storage, files, table.metadata->CurrentSchema(), location, options);
    EXPECT_FALSE(*table.home.storage->Exists(location));
    return joined;
  };
  const DataFile one = rows::WriteEvents(table, 0, 10).at(0), two = rows::WriteEvents(table, 10, 20).at(0);
  EXPECT_FALSE(join({one, two}, {})->has_value());
  const Table wider = *iceberg::CommitMetadata(table.home, [](iceberg::TableMetadata& metadata) -> Status {
    iceberg::Schema schema = metadata.CurrentSchema();
    schema.fields[2].name = "where";
    iceberg::SetCurrentSchema(metadata, schema);
    return {};
  });
  EXPECT_FALSE(join({one, rows::WriteEvents(wider, 0, 10).at(0)}, kAnySize)->has_value());
  DataFile other_partition = two;
  other_partition.spec_id = 3;
  EXPECT_FALSE(join({one, other_partition}, kAnySize)->has_value());
  DataFile broken = two;
  broken.location = "file:///w/t/data/broken.parquet";
  ASSERT_TRUE(table.home.storage->CreateAtomic(broken.location, "PAR1 no footer PAR1"));
  EXPECT_EQ(join({one, broken}, kAnySize).error().kind, ErrorKind::kCorrupt);
  DataFile wrong = two;
  wrong.record_count = 11;
  EXPECT_FALSE(join({one, wrong}, kAnySize)->has_value());
}

// Goal:   invalid bounds do not become valid by combining them with those of other files.
// Method: one file with swapped bounds.
TEST(JoinParquet, DropsInvalidBounds) {
  const Table table = MakeTable();
  std::vector<DataFile> files;
  for (const int begin : {0, 100}) files.push_back(rows::WriteEvents(table, begin, begin + 100).at(0));
  std::swap(files[0].lower_bounds[1], files[0].upper_bounds[1]);
  const auto joined = JoinParquet(*table.home.storage, files, table.metadata->CurrentSchema(),
                                  "file:///w/t/data/joined.parquet", kAnySize);
  ASSERT_TRUE(joined && *joined);
  EXPECT_TRUE((*joined)->lower_bounds.find(1) == (*joined)->lower_bounds.end());
  EXPECT_TRUE((*joined)->upper_bounds.find(1) == (*joined)->upper_bounds.end());
  EXPECT_TRUE((*joined)->lower_bounds.find(4) != (*joined)->lower_bounds.end());
}

}  // namespace
}  // namespace ingot::maintain
