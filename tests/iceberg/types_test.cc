#include "iceberg/types.h"

#include <gtest/gtest.h>

namespace ingot::iceberg {
namespace {

// Goal:   type names survive a round trip.
// Method: every primitive type, and invalid names.
TEST(Types, PrimitiveNames) {
  for (const char* name : {"boolean", "int", "long", "float", "double", "date", "time", "timestamp", "timestamptz",
                           "timestamp_ns", "string", "uuid", "binary", "fixed[16]", "decimal(9, 2)"})
    EXPECT_EQ(TypeName(*ParsePrimitiveType(name)), name);
  EXPECT_EQ(TypeName(*ParsePrimitiveType("decimal(38,10)")), "decimal(38, 10)");
  for (const char* name : {"", "integer", "decimal(39,0)", "decimal(2)", "fixed[-1]", "fixed", "decimal(9,10)"})
    EXPECT_FALSE(ParsePrimitiveType(name)) << name;
}

// Goal:   only the promotions of the specification are allowed; those of format 3 only on read.
// Method: each promotion and its reverse.
TEST(Types, Promotions) {
  const auto type = [](const char* name) { return *ParsePrimitiveType(name); };
  EXPECT_TRUE(CanPromote(type("int"), type("long")));
  EXPECT_FALSE(CanPromote(type("long"), type("int")));
  EXPECT_TRUE(CanPromote(type("float"), type("double")));
  EXPECT_TRUE(CanPromote(type("decimal(9,2)"), type("decimal(12,2)")));
  EXPECT_FALSE(CanPromote(type("decimal(9,2)"), type("decimal(12,3)")));
  EXPECT_FALSE(CanPromote(type("int"), type("string")));
  for (const char* to : {"timestamp", "timestamp_ns"}) {
    EXPECT_TRUE(CanPromoteOnRead(type("date"), type(to)));
    EXPECT_FALSE(CanPromote(type("date"), type(to)));
    EXPECT_FALSE(CanPromoteOnRead(type(to), type("date")));
  }
  EXPECT_FALSE(CanPromoteOnRead(type("date"), type("timestamptz")));
  EXPECT_TRUE(CanPromoteOnRead(type("unknown"), type("uuid")));
}

// Goal:   nested fields are found by id and by full name.
// Method: a struct in a list.
TEST(Types, FindsNestedFields) {
  Schema schema;
  Type point{.id = TypeId::kStruct, .fields = {{.id = 3, .name = "x", .type = {.id = TypeId::kInt}}}};
  Type list{.id = TypeId::kList, .fields = {{.id = 2, .name = "element", .type = point}}};
  schema.fields = {{.id = 1, .name = "points", .type = list}};
  EXPECT_EQ(schema.FindByName("points.element.x")->id, 3);
  EXPECT_EQ(schema.NameOf(3), "points.element.x");
  EXPECT_EQ(schema.HighestFieldId(), 3);
  EXPECT_EQ(schema.FindByName("points.y"), nullptr);
  EXPECT_EQ(AssignFreshIds(schema.fields, 10), 13);
}

}  // namespace
}  // namespace ingot::iceberg
