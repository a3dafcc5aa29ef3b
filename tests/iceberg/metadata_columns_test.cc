#include "iceberg/metadata_columns.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

/// "id row_id sequence position" of each row.
std::vector<std::string> Lineage(const Table& table) {
  const auto plan = rows::PlanScan(*table.home.storage, *table.metadata, {.columns = {"id"}});
  Schema columns = WithRowLineage(plan->projection);
  columns.fields.push_back(RowPositionColumn());
  std::vector<std::string> rows;
  for (const rows::FileTask& whole : plan->tasks)
    for (const rows::FileTask& task : rows::Split(whole)) {
      const auto reader = *rows::OpenTask(table.home.storage, *table.metadata, columns, task);
      while (const auto batch = *reader->Next())
        for (int64_t row = 0; row < batch->num_rows(); ++row) {
          std::string text;
          for (const auto& column : batch->columns())
            text += (text.empty() ? "" : " ") + column->GetScalar(row).ValueOrDie()->ToString();
          rows.push_back(text);
        }
    }
  return rows;
}

Table Made(const char* format) {
  return rows::MakeTable(storage::MakeMemoryStorage(), std::make_shared<rows::MemoryCatalog>(), {},
                         {{"format-version", format}});
}

// Goal:   rows have row ids and the sequence number of their commit.
// Method: three commits, one with two files of several row groups; compare with the metadata.
TEST(MetadataColumns, RowsCount) {
  Table table = rows::Append(Made("3"), 0, 3);
  EXPECT_EQ(table.metadata->next_row_id, 3);
  std::vector<DataFile> files = rows::WriteEvents(table, 10, 14, {.row_group_rows_max = 1});
  for (DataFile& file : rows::WriteEvents(table, 20, 22)) files.push_back(file);
  table = *CommitSnapshot(table.home, {.added = files});
  EXPECT_EQ(table.metadata->CurrentSnapshot()->first_row_id, 3);
  EXPECT_EQ(table.metadata->CurrentSnapshot()->added_rows, 6);
  table = rows::Append(table, 30, 31);
  EXPECT_EQ(table.metadata->next_row_id, 10);
  auto rows = Lineage(table);
  std::ranges::sort(rows);
  EXPECT_EQ(rows, (std::vector<std::string>{"0 0 1 0", "1 1 1 1", "10 3 2 0", "11 4 2 1", "12 5 2 2", "13 6 2 3",
                                            "2 2 1 2", "20 7 2 0", "21 8 2 1", "30 9 3 0"}));
}

// Goal:   metadata of early format 3 without next-row-id gets it from the snapshots.
// Method: Ingot's metadata without that key.
TEST(MetadataColumns, CountFromSnapshots) {
  const Table table = rows::Append(rows::Append(Made("3"), 0, 3), 5, 9);
  std::string json = TableMetadataToJson(*table.metadata);
  const std::string member = "\"next-row-id\":7,";
  const size_t at = json.find(member);
  ASSERT_NE(at, std::string::npos) << json;
  json.erase(at, member.size());
  EXPECT_EQ(ParseTableMetadata(json)->next_row_id, 7);
}

// Goal:   rows of a format 2 table have no row ids and get them with the first commit after the upgrade.
// Method: upgrade a table whose manifests are merged.
TEST(MetadataColumns, AfterAnUpgrade) {
  Table table = rows::Append(rows::Append(Made("2"), 0, 2), 5, 6);
  EXPECT_EQ(Lineage(table)[0], "5 null null 0");
  table = *CommitMetadata(table.home, [](TableMetadata& metadata) { return UpgradeFormat(metadata, 3); });
  EXPECT_EQ(Lineage(table)[0], "5 null null 0");
  table = *CommitSnapshot(table.home, {.operation = "replace", .rewrites = [](const ManifestFile&) { return true; }});
  const auto before = Lineage(table);
  EXPECT_EQ(before.size(), 3u);
  for (const auto& row : before) EXPECT_EQ(row.find("null"), std::string::npos) << row;
  table = *CommitSnapshot(table.home, {.operation = "replace", .rewrites = [](const ManifestFile&) { return true; }});
  EXPECT_EQ(Lineage(table), before);
  EXPECT_EQ(rows::Append(table, 9, 10).metadata->CurrentSnapshot()->first_row_id, table.metadata->next_row_id);
}

// Goal:   types and defaults of format 3 are errors in tables of format 2.
// Method: such types and defaults; a downgrade; format 4.
TEST(MetadataColumns, NeedTheFormat) {
  NewTable wanted{.schema = rows::EventSchema(), .partition = {}, .location = "file:///x", .properties = {}};
  wanted.schema.fields[1].type.id = TypeId::kTimestamptzNs;
  EXPECT_EQ(MakeTableMetadata(wanted).error().kind, ErrorKind::kBadInput);
  wanted.properties = {{"format-version", "3"}};
  const auto made = MakeTableMetadata(wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->format_version, 3);
  EXPECT_TRUE(made->properties.empty());
  EXPECT_EQ(ParseTableMetadata(TableMetadataToJson(*made))->next_row_id, 0);
  wanted.schema = rows::EventSchema();
  wanted.schema.fields[2].write_default = "\"x\"";
  wanted.properties = {};
  EXPECT_EQ(MakeTableMetadata(wanted).error().kind, ErrorKind::kBadInput);
  TableMetadata metadata = *made;
  EXPECT_EQ(UpgradeFormat(metadata, 2).error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(UpgradeFormat(metadata, 4).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ingot::iceberg
