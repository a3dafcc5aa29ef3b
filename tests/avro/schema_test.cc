#include <gtest/gtest.h>

#include "avro/avro.h"

namespace ingot::avro {
namespace {

// Goal:   named types can be referred to; invalid schemas are rejected. Method: a record that refers to a fixed type;
// invalid schemas.
TEST(AvroSchema, NamesAndErrors) {
  const auto schema = ParseAvroSchema(
      R"({"type":"record","name":"r","fields":[{"name":"a","type":{"type":"fixed","name":"id","size":16}},{"name":"b","type":"id"}]})");
  ASSERT_TRUE(schema);
  EXPECT_EQ((*schema)->members[1].schema->fixed_bytes, 16);
  EXPECT_EQ((*schema)->members[0].field_id, -1);
  for (const char* bad :
       {"", "12", R"("unknown")", R"({"type":"record","name":"r"})", R"({"type":"fixed","name":"f","size":-1})"})
    EXPECT_FALSE(ParseAvroSchema(bad)) << bad;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += R"({"type":"array","items":)";
  EXPECT_FALSE(ParseAvroSchema(deep + "\"int\"" + std::string(200, '}')));
}

}  // namespace
}  // namespace ingot::avro
