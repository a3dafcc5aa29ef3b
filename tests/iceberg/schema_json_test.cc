#include "iceberg/schema_json.h"

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

Result<Schema> ParseSchema(std::string_view text) {
  return ParseJsonWith(text, SchemaFrom);
}

// Goal:   nested types and defaults survive a round trip.
// Method: one schema with all of them.
TEST(SchemaJson, RoundTrip) {
  Schema schema = rows::EventSchema();
  schema.identifier_field_ids = {1};
  Type map{.id = TypeId::kMap,
           .fields = {{.id = 6, .name = "key", .type = {.id = TypeId::kString}, .required = true},
                      {.id = 7, .name = "value", .type = {.id = TypeId::kLong}}}};
  Type list{.id = TypeId::kList, .fields = {{.id = 9, .name = "element", .type = map, .required = true}}};
  schema.fields.push_back({.id = 8, .name = "nested", .type = list, .doc = "a \"doc\"", .initial_default = "5"});
  const auto again = ParseSchema(SchemaToJson(schema));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->SameFields(schema));
}

// Goal:   an invalid schema is an error that names the reason.
// Method: a duplicate id, a missing key, a wrong type.
TEST(SchemaJson, InvalidInput) {
  EXPECT_NE(
      ParseSchema(
          R"({"type":"struct","fields":[{"id":1,"name":"a","required":true,"type":"int"},{"id":1,"name":"b","required":true,"type":"int"}]})")
          .error()
          .message.find("twice"),
      std::string::npos);
  EXPECT_NE(ParseSchema(R"({"type":"struct","fields":[{"id":1,"name":"a","type":"int"}]})")
                .error()
                .message.find("'required'"),
            std::string::npos);
  EXPECT_FALSE(ParseSchema(R"({"type":"struct","fields":[{"id":"x","name":"a","required":true,"type":"int"}]})"));
  EXPECT_FALSE(ParseSchema("[]"));
}

}  // namespace
}  // namespace ingot::iceberg
