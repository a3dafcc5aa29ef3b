#include "bronze/field_changes.h"

#include <gtest/gtest.h>

namespace ingot::bronze {
namespace {

std::vector<pipeline::FieldSpec> FieldsOf(const std::string& yaml) {
  auto pipeline = pipeline::ParsePipeline(
      "pipeline: p\nsource: {files: x}\nfields: {" + yaml + "}\nbronze: {table: b.t}\nsilver: {table: s.t}\n", "f");
  EXPECT_TRUE(pipeline) << pipeline.error().message;
  return pipeline->fields;
}

std::string Names(const std::vector<pipeline::FieldSpec>& fields) {
  std::string names;
  for (const auto& field : fields) names += field.name;
  return names;
}

// Goal:   only fields that change, and those that share a member with them, are computed again.
// Method: one change each: the names of computed, parsed and written fields.
TEST(ChangesOf, FindsTheFieldsThatChange) {
  const struct {
    std::string before, after, computed, parsed, written;
  } cases[] = {
      {"a: {type: long}, b: {type: string}", "b: {type: string}, a: {type: long}", "", "", ""},
      {"a: {type: int}", "a: {type: long, coerce: true}", "", "", ""},
      {"a: {type: float}, b: {type: long}", "a: {type: double}, b: {type: long}", "a", "a", "a"},
      {"a: {type: long}", "a: {type: long, default: 1}", "a", "a", "a"},
      {"a: {type: long}, b: {type: long}", "b: {type: long}", "", "", "a"},
      {"a: {type: long}", "a: {type: long}, b: {type: long}", "b", "b", ""},
      {"a: {type: long}", "a: {type: long}, b: {type: long, from: $.a}", "b", "ab", "a"},
      {"a: {type: long, from: $.x.a}, b: {type: long, from: $.x.b}",
       "a: {type: int, from: $.x.a}, b: {type: long, from: $.x.b}", "a", "a", ""},
      {"o: {type: long}", "a: {type: long, from: $.o, renamed_from: o}", "", "", ""},
      {"o: {type: long}", "a: {type: long, renamed_from: o}", "a", "a", "o"},
  };
  for (const auto& one : cases) {
    const auto changes = ChangesOf(FieldsOf(one.before), FieldsOf(one.after), {{"o", "a"}});
    std::string computed;
    for (const std::string& name : changes.computed) computed += name;
    EXPECT_EQ(computed, one.computed) << one.after;
    EXPECT_EQ(Names(changes.parsed), one.parsed) << one.after;
    EXPECT_EQ(Names(changes.written), one.written) << one.after;
    EXPECT_EQ(changes.Empty(), one.parsed.empty() && one.written.empty());
  }
}

// Goal:   the column of a field that was removed earlier gives its member to a field that is added, or to _extra.
// Method: added under another name, and under the old name; not added.
TEST(ChangesOf, WritesTheMembersOfRemovedFields) {
  const auto before = FieldsOf("a: {type: long}"), removed = FieldsOf("n: {type: string}");
  for (const std::string added : {"m: {type: string, from: $.n}", "n: {type: string}"}) {
    const auto changes = ChangesOf(before, FieldsOf("a: {type: long}, " + added), {}, removed);
    EXPECT_EQ(changes.computed, std::set{added.substr(0, 1)});
    EXPECT_EQ(Names(changes.written), "n");
  }
  const auto changes = ChangesOf(before, before, {}, removed);
  EXPECT_EQ(changes.removed, std::set<std::string>{"n"});
  EXPECT_EQ(Names(changes.parsed) + Names(changes.written), "n");
}

}  // namespace
}  // namespace ingot::bronze
