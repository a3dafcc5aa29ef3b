#include "base/json.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

// Goal:   errors name the key. Method: a missing member, a wrong type, text that is not JSON, a valid document.
TEST(Json, AccessorsNameTheKey) {
  const auto number = [](std::string_view text) {
    return ParseJsonWith(text, [](const Json& json) { return Get<int64_t>(json, "n"); });
  };
  EXPECT_EQ(number(R"({"n": 7})"), 7);
  EXPECT_EQ(number("{}").error().message, "missing 'n'");
  EXPECT_EQ(number("[]").error().message, "expected an object with 'n'");
  EXPECT_EQ(number(R"({"n": "7"})").error().message, "'n' must be a whole number");
  EXPECT_EQ(number("{").error().kind, ErrorKind::kCorrupt);
}

// Goal:   optional members, maps and unknown members are read. Method: present, null and absent ones.
TEST(Json, OptionalMembers) {
  const Json json = Json::parse(R"({"a": 1, "b": null, "map": {"x": "y"}, "list": [1]})");
  EXPECT_EQ(OptionalMember<int>(json, "a"), 1);
  EXPECT_FALSE(OptionalMember<int>(json, "b") || OptionalMember<int>(json, "c"));
  EXPECT_EQ(StringMap(json, "map").at("x"), "y");
  EXPECT_TRUE(StringMap(json, "absent").empty());
  EXPECT_EQ(ArrayOrEmpty(json, "list").size(), 1U);
  EXPECT_EQ(ArrayOrEmpty(json, "b").size(), 0U);
  EXPECT_EQ(UnknownMembers(json, {"a", "b", "map"}), R"({"list":[1]})");
  EXPECT_EQ(UnknownMembers(json, {"a", "b", "map", "list"}), "");
}

}  // namespace
}  // namespace ingot
