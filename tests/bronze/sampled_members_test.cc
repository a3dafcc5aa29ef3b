#include "bronze/sampled_members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ingot::bronze {
namespace {

// Goal:   each member is counted once for a record, with the kinds of its values.
// Method: three records, one of which is not an object, and an array whose elements differ.
TEST(SampledMembers, CountsAndKinds) {
  const std::vector<std::string> records{R"({"a":null,"b":{"c":1}})", R"({"a":"x","l":[{"k":1},{"k":null},{}]})", "[1]",
                                         "no JSON"};
  const SampledMembers members(records);
  EXPECT_EQ(members.Records(), 2);
  const Member* a = members.Find({"a"});
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->records, 2);
  EXPECT_EQ(a->values, 1);
  EXPECT_TRUE(a->text && !a->number);
  EXPECT_TRUE(members.Find({"b"})->object);
  EXPECT_TRUE(members.Find({"b", "c"})->number);
  EXPECT_EQ(members.Find({"l", kElement, "k"})->values, 1);
  EXPECT_EQ(members.Find({"c"}), nullptr);
}

// Goal:   a path is written so that a pipeline file reads it back.
// Method: keys with dots, brackets and blanks, and elements.
TEST(SampledMembers, PathsReadBack) {
  for (const char* text : {"$.a.b", "$.Beleg Nr", "$['a.b'].c", "$.items[0].sku", "$[\"it's\"]", "$.a[-1]"}) {
    const auto path = pipeline::ParsePath(text);
    ASSERT_TRUE(path) << text;
    EXPECT_EQ(PathText(*path), text);
  }
  EXPECT_EQ(PathText(StepsOf(*pipeline::ParsePath("$.items[last].sku"))), "$.items[0].sku");
}

// Goal:   a value is found at the end of a path, and null counts as none.
// Method: a table of paths into a record.
TEST(SampledMembers, ValueAtAPath) {
  const auto record = nlohmann::json::parse(R"({"a":{"b":[1,2]},"n":null})");
  const auto at = [&](const char* path) { return ValueAt(record, *pipeline::ParsePath(path)); };
  EXPECT_EQ(*at("$.a.b[-1]"), 2);
  for (const char* path : {"$.n", "$.a.b[2]", "$.a.b.c", "$.x", "$.a[0]"}) EXPECT_EQ(at(path), nullptr) << path;
}

}  // namespace
}  // namespace ingot::bronze
