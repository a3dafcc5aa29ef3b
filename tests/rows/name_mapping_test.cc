#include "rows/name_mapping.h"

#include "tests/rows/fixtures.h"

namespace ingot::rows {
namespace {

std::shared_ptr<arrow::Field> Named(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                    iceberg::FieldId id = -1) {
  if (id < 0) return arrow::field(name, type);
  return arrow::field(name, type, true, arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

/// A schema of id and a struct with the members x and y.
iceberg::TableMetadata Metadata(const std::string& mapping = "") {
  const iceberg::Type record{.id = iceberg::TypeId::kStruct,
                             .fields = {{.id = 3, .name = "x", .type = {.id = iceberg::TypeId::kLong}},
                                        {.id = 4, .name = "y", .type = {.id = iceberg::TypeId::kLong}}}};
  const iceberg::Schema schema{.schema_id = 0,
                               .fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}},
                                          {.id = 2, .name = "s", .type = record}},
                               .identifier_field_ids = {}};
  auto metadata =
      *iceberg::MakeTableMetadata({.schema = schema, .partition = {}, .location = "file:///w/t", .properties = {}});
  if (!mapping.empty()) metadata.properties["schema.name-mapping.default"] = mapping;
  return metadata;
}

// Goal:   columns without ids get them from the mapping, including nested ones; existing ids stay.
// Method: two files.
TEST(NameMapping, AssignsIdsByName) {
  const auto file = arrow::schema({Named("b", arrow::int32()), Named("old_a", arrow::int32()),
                                   Named("other", arrow::int32()), Named("b", arrow::int32(), 7)});
  const std::string mapping = R"([{"field-id": 1, "names": ["a", "old_a"]}, {"field-id": 2, "names": ["b"]}])";
  const auto mapped = *AssignFieldIds(*file, mapping);
  EXPECT_EQ(FieldIdOf(*mapped->field(0)), 2);
  EXPECT_EQ(FieldIdOf(*mapped->field(1)), 1);
  EXPECT_EQ(FieldIdOf(*mapped->field(2)), -1);
  EXPECT_EQ(FieldIdOf(*mapped->field(3)), 7);
  EXPECT_EQ(FieldIdOf(*(*AssignFieldIds(*file, mapping, {{2, iceberg::Value{}}}))->field(0)), -1);
  EXPECT_EQ(FieldIdOf(*(*AssignFieldIds(*file, ""))->field(0)), -1);
  const auto pair = arrow::struct_({Named("x", arrow::int64())});
  for (const auto& type : {pair, arrow::list(Named("bag", pair)), arrow::map(arrow::utf8(), pair)}) {
    const iceberg::Field field{.id = 5, .name = "n", .type = {}};
    const iceberg::Type record{.id = iceberg::TypeId::kStruct,
                               .fields = {{.id = 6, .name = "x", .type = {.id = iceberg::TypeId::kLong}}}};
    iceberg::Schema schema{
        .schema_id = 0, .fields = {{.id = 5, .name = "n", .type = record}}, .identifier_field_ids = {}};
    if (type->id() == arrow::Type::LIST)
      schema.fields[0].type = {.id = iceberg::TypeId::kList, .fields = {{.id = 7, .name = "element", .type = record}}};
    if (type->id() == arrow::Type::MAP)
      schema.fields[0].type = {.id = iceberg::TypeId::kMap,
                               .fields = {{.id = 7, .name = "key", .type = {.id = iceberg::TypeId::kString}},
                                          {.id = 8, .name = "value", .type = record}}};
    for (const iceberg::FieldId top : {-1, 5}) {
      const auto nested = *AssignFieldIds(*arrow::schema({Named("n", type, top)}), NameMappingOf(schema));
      EXPECT_TRUE(HasFieldIds(*nested)) << nested->ToString(true);
      EXPECT_FALSE(HasFieldIds(*arrow::schema({Named("n", type, top)})));
    }
  }
}

// Goal:   without ids, no column is mistaken for another one or for missing.
// Method: files with ids on some columns.
TEST(NameMapping, AmbiguousColumnsAreErrors) {
  const auto record = [](iceberg::FieldId x, iceberg::FieldId y) {
    return arrow::struct_({Named("x", arrow::int64(), x), Named("y", arrow::int64(), y)});
  };
  const auto check = [](const arrow::FieldVector& fields, const iceberg::TableMetadata& metadata,
                        const PartitionConstants& constants = {}) {
    const auto identified =
        *AssignFieldIds(*arrow::schema(fields), metadata.Property("schema.name-mapping.default", ""), constants);
    const auto checked = CheckFieldIds(*identified, metadata.CurrentSchema(), metadata, constants);
    return checked ? std::string() : checked.error().message;
  };
  const iceberg::TableMetadata plain = Metadata(), mapped = Metadata(NameMappingOf(plain.CurrentSchema()));
  const auto id = Named("id", arrow::int64(), 1), no_id = Named("id", arrow::int64());
  EXPECT_EQ(check({id, Named("s", record(3, 4), 2)}, plain), "");
  EXPECT_NE(check({no_id, Named("s", record(-1, -1))}, plain).find("schema.name-mapping.default"), std::string::npos);
  EXPECT_EQ(check({no_id, Named("s", record(-1, -1))}, mapped), "");
  EXPECT_EQ(check({id, Named("other", arrow::int64())}, plain), "") << "s is missing";
  EXPECT_NE(check({id, Named("s", record(3, 4))}, plain), "") << "it may be s";
  EXPECT_NE(check({id, Named("s", record(-1, -1), 2)}, plain).find("column s.x"), std::string::npos);
  EXPECT_NE(check({id, Named("s", record(3, -1), 2)}, plain).find("column s.y"), std::string::npos);
  EXPECT_EQ(check({Named("z", arrow::int64())}, plain, {{1, iceberg::Value{}}, {2, iceberg::Value{}}}), "")
      << "the partition says both";
  const iceberg::TableMetadata shallow = Metadata(R"([{"field-id":1,"names":["id"]},{"field-id":2,"names":["s"]}])");
  EXPECT_NE(check({no_id, Named("s", record(-1, -1))}, shallow).find("column s.x"), std::string::npos);
}

}  // namespace
}  // namespace ingot::rows
