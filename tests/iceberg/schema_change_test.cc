#include "iceberg/schema_change.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

// Goal:   existing columns keep their ids.
// Method: all kinds of changes at once.
TEST(SchemaChange, KeepsIds) {
  const auto changed = SchemaChange(rows::EventSchema(), 10)
                           .Rename("place", "city")
                           .Drop("speed")
                           .Add("", {.name = "speed", .type = {.id = TypeId::kFloat}})
                           .MakeOptional("id")
                           .Finish();
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->fields.back().name, "speed");
  EXPECT_EQ(changed->fields.back().id, 11);  // a new column with a former name
  EXPECT_EQ(changed->FindByName("city")->id, 3);
  EXPECT_FALSE(changed->FindByName("id")->required);
}

// Goal:   changes that the specification forbids are errors.
// Method: one of each.
TEST(SchemaChange, InvalidInput) {
  EXPECT_FALSE(SchemaChange(rows::EventSchema(), 4).Widen("speed", {.id = TypeId::kFloat}).Finish());
  EXPECT_FALSE(SchemaChange(rows::EventSchema(), 4).Add("", {.name = "id", .type = {.id = TypeId::kInt}}).Finish());
  EXPECT_FALSE(SchemaChange(rows::EventSchema(), 4)
                   .Add("", {.name = "new", .type = {.id = TypeId::kInt}, .required = true})
                   .Finish());
  EXPECT_FALSE(SchemaChange(rows::EventSchema(), 4).Drop("nothing").Finish());
  EXPECT_FALSE(SchemaChange(rows::EventSchema(), 4).Rename("id", "place").Finish());
}

// Goal:   a schema is extended to the wanted one and loses nothing.
// Method: a wanted schema with more, fewer and wider columns.
TEST(SchemaChange, EvolveTowards) {
  Schema wanted;
  wanted.fields = {{.name = "id", .type = {.id = TypeId::kInt}}, {.name = "extra", .type = {.id = TypeId::kString}}};
  const auto evolved = *EvolveTowards(rows::EventSchema(), 4, wanted);
  EXPECT_EQ(evolved.fields.size(), 5u);
  EXPECT_EQ(evolved.FindByName("id")->type.id, TypeId::kLong);  // already wider
  EXPECT_FALSE(evolved.FindByName("id")->required);
  EXPECT_EQ(evolved.FindByName("extra")->id, 5);
  wanted.fields = {{.name = "place", .type = {.id = TypeId::kDouble}}};
  EXPECT_EQ(EvolveTowards(rows::EventSchema(), 4, wanted).error().kind, ErrorKind::kBadInput);
}

// Goal:   identifier fields, and structs around them, stay required and are not dropped; other attributes of fields
//         stay.
// Method: a wanted schema without any of it; the forbidden changes.
TEST(SchemaChange, KeepsIdentifierFields) {
  Schema schema = rows::EventSchema();
  Field inner{.id = 6, .name = "inner", .type = {.id = TypeId::kLong}, .required = true};
  schema.fields.push_back(
      {.id = 5, .name = "outer", .type = {.id = TypeId::kStruct, .fields = {inner}}, .required = true});
  schema.fields[0].doc = "the key";
  schema.fields[0].other = R"({"x":1})";
  schema.identifier_field_ids = {1, 6};
  Schema wanted = schema;
  wanted.identifier_field_ids = {};
  for (Field* field : {&wanted.fields[0], &wanted.fields[4], &wanted.fields[4].type.fields[0]})
    field->required = false, field->doc = field->other = "";
  wanted.fields.push_back({.name = "new", .type = {.id = TypeId::kInt}});
  const auto evolved = *EvolveTowards(schema, 6, wanted);
  EXPECT_EQ(evolved.fields.size(), 6u);
  EXPECT_EQ(evolved.identifier_field_ids, schema.identifier_field_ids);
  for (size_t i = 0; i < schema.fields.size(); ++i) EXPECT_EQ(evolved.fields[i], schema.fields[i]);
  for (const char* name : {"id", "outer", "outer.inner"}) {
    EXPECT_FALSE(SchemaChange(schema, 6).Drop(name).Finish()) << name;
    EXPECT_FALSE(SchemaChange(schema, 6).MakeOptional(name).Finish()) << name;
  }
}

// Goal:   a column that another engine made required stays required; one that Ingot made required may become optional.
// Method: both, and one in a struct; the wanted schema requires none.
TEST(SchemaChange, KeepsColumnsThatOthersMadeRequired) {
  Schema first = rows::EventSchema(), now = rows::EventSchema();
  Field inner{.id = 6, .name = "inner", .type = {.id = TypeId::kLong}};
  first.fields.push_back({.id = 5, .name = "outer", .type = {.id = TypeId::kStruct, .fields = {inner}}});
  now = first;
  now.fields[2].required = now.fields[4].type.fields[0].required = true;
  Schema wanted = now;
  for (Field* field : {&wanted.fields[0], &wanted.fields[2], &wanted.fields[4].type.fields[0]}) field->required = false;
  wanted.fields.push_back({.name = "new", .type = {.id = TypeId::kInt}});
  const auto evolved = *EvolveTowards(now, 6, KeepRequired(wanted, now, {first, now}));
  EXPECT_FALSE(evolved.FindByName("id")->required);
  EXPECT_TRUE(evolved.FindByName("place")->required);
  EXPECT_TRUE(evolved.FindByName("outer.inner")->required);
  EXPECT_FALSE(evolved.FindByName("new")->required);
}

}  // namespace
}  // namespace ingot::iceberg
