#include "stage/position_columns.h"

#include <gtest/gtest.h>

namespace ingot::stage {
namespace {

using iceberg::Schema;
using iceberg::TypeId;

Schema SchemaOf(const std::vector<std::string>& names) {
  Schema schema;
  for (const std::string& name : names) schema.fields.push_back({.name = name, .type = {.id = TypeId::kString}});
  iceberg::AssignFreshIds(schema.fields, 0);
  return schema;
}

const Schema kWanted = SchemaOf({"id", "_source", "_source_partition", "_source_offset"});

std::string Names(const Result<Schema>& schema) {
  if (!schema) return schema.error().message;
  std::string names;
  for (const auto& field : schema->fields) names += field.name + std::to_string(field.id) + " ";
  return names;
}

// Goal:   columns of earlier versions are renamed and keep their ids. Columns of another engine are not changed.
// Method: a table of an earlier version, a partly renamed table, a current table with a column _topic, a gold table,
//         and a table in which another engine uses one of the names.
TEST(PositionColumns, RenamedByFieldId) {
  const std::pair<std::vector<std::string>, const char*> tables[] = {
      {{"id", "_topic", "_partition", "_offset"}, "id1 _source2 _source_partition3 _source_offset4 "},
      {{"id", "_topic", "_source_partition", "_offset"}, "id1 _source2 _source_partition3 _source_offset4 "},
      {{"id", "_source", "_source_partition", "_source_offset", "_topic"},
       "id1 _source2 _source_partition3 _source_offset4 _topic5 "}};
  for (const auto& [names, renamed] : tables)
    EXPECT_EQ(Names(RenamePositionColumns(SchemaOf(names), kWanted)), renamed);
  EXPECT_EQ(Names(RenamePositionColumns(SchemaOf({"_topic"}), SchemaOf({"tests"}))), "_topic1 ");
  const auto taken = RenamePositionColumns(SchemaOf({"_topic", "_partition", "_offset", "_source"}), kWanted);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("column _source exists"), std::string::npos) << taken.error().message;
}

// Goal:   properties follow their column.
// Method: a bloom filter on a renamed column, and one on another column.
TEST(PositionColumns, PropertiesAreRenamedToo) {
  auto metadata =
      *iceberg::MakeTableMetadata({.schema = SchemaOf({"id", "_topic", "_partition", "_offset"}), .location = "x"});
  metadata.properties = {{"write.parquet.bloom-filter-enabled.column._offset", "true"},
                         {"write.parquet.bloom-filter-enabled.column.id", "true"}};
  SetRenamedSchema(metadata, *RenamePositionColumns(metadata.CurrentSchema(), kWanted));
  EXPECT_EQ(metadata.properties,
            (iceberg::Properties{{"write.parquet.bloom-filter-enabled.column._source_offset", "true"},
                                 {"write.parquet.bloom-filter-enabled.column.id", "true"}}));
  EXPECT_EQ(metadata.schemas.size(), 2u);
  EXPECT_EQ(metadata.CurrentSchema().FindByName("_source_offset")->id, iceberg::FieldId(4));
}

}  // namespace
}  // namespace ingot::stage
