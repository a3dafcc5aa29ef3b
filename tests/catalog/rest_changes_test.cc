#include "catalog/rest_changes.h"

#include <gtest/gtest.h>

#include <set>

namespace ingot::catalog {
namespace {

iceberg::TableMetadata Base() {
  iceberg::Schema schema;
  schema.fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}, .required = true}};
  return *iceberg::MakeTableMetadata({.schema = schema, .location = "file:///t", .properties = {{"k", "v"}}});
}

std::multiset<std::string> Names(const nlohmann::json& list, const char* key) {
  std::multiset<std::string> names;
  for (const auto& element : list) names.insert(element.at(key).get<std::string>());
  return names;
}

// Goal:   only differences are sent, with their requirements. Method: nothing, properties, a snapshot, a schema.
TEST(RestChanges, Differences) {
  const auto base = Base();
  EXPECT_TRUE(RestCommit(base, base).at("updates").empty());

  auto next = base;
  next.properties = {{"a", "1"}};
  EXPECT_EQ(Names(RestCommit(base, next).at("updates"), "action"),
            (std::multiset<std::string>{"set-properties", "remove-properties"}));

  next = base;
  iceberg::AddSnapshot(next, {.snapshot_id = 7, .summary = {{"operation", "append"}}}, "main");
  const auto commit = RestCommit(base, next);
  EXPECT_EQ(Names(commit.at("updates"), "action"), (std::multiset<std::string>{"add-snapshot", "set-snapshot-ref"}));
  EXPECT_EQ(Names(commit.at("requirements"), "type"),
            (std::multiset<std::string>{"assert-table-uuid", "assert-ref-snapshot-id"}));
  for (const auto& requirement : commit.at("requirements"))
    EXPECT_TRUE(requirement.at("type") != "assert-ref-snapshot-id" || requirement.at("snapshot-id").is_null());

  auto wider = base;
  auto schema = base.CurrentSchema();
  schema.fields.push_back({.id = ++wider.last_column_id, .name = "b", .type = {.id = iceberg::TypeId::kInt}});
  iceberg::SetCurrentSchema(wider, schema);
  const auto evolved = RestCommit(base, wider);
  EXPECT_EQ(Names(evolved.at("updates"), "action"), (std::multiset<std::string>{"add-schema", "set-current-schema"}));
  EXPECT_EQ(Names(evolved.at("requirements"), "type").count("assert-current-schema-id"), 1u);
}

// Goal:   format version and sort order are created and upgraded. Method: format 3 at once, and from format 2.
TEST(RestChanges, FormatAndSortOrder) {
  auto next = Base();
  ASSERT_TRUE(iceberg::UpgradeFormat(next, 3));
  ASSERT_TRUE(iceberg::SetSortOrder(next, {{.column = "id"}}));
  EXPECT_EQ(Names(RestCommit(Base(), next).at("updates"), "action"),
            (std::multiset<std::string>{"upgrade-format-version", "add-sort-order", "set-default-sort-order"}));
  const auto body = RestCreate("t", next);
  EXPECT_EQ(body.at("properties").at("format-version"), "3");
  EXPECT_EQ(body.at("write-order").at("order-id"), 1);
  EXPECT_FALSE(RestCreate("t", Base()).contains("write-order"));
}

// Goal:   statistics are set and removed by their own updates. Method: added, unchanged, replaced, removed.
TEST(RestChanges, Statistics) {
  const auto with = [](const std::string& path) {
    auto metadata = Base();
    metadata.other = R"({"statistics":[{"snapshot-id":7,"statistics-path":")" + path + R"("}]})";
    return metadata;
  };
  const auto set = RestCommit(Base(), with("a")).at("updates");
  ASSERT_EQ(set.size(), 1u);
  EXPECT_EQ(set[0].at("action"), "set-statistics");
  EXPECT_EQ(set[0].at("snapshot-id"), 7);
  EXPECT_EQ(set[0].at("statistics").at("statistics-path"), "a");
  EXPECT_TRUE(RestCommit(with("a"), with("a")).at("updates").empty());
  EXPECT_EQ(Names(RestCommit(with("a"), with("b")).at("updates"), "action"),
            std::multiset<std::string>{"set-statistics"});
  EXPECT_EQ(Names(RestCommit(with("a"), Base()).at("updates"), "action"),
            std::multiset<std::string>{"remove-statistics"});
}

// Goal:   snapshots and refs are removed. Method: the reverse of an addition.
TEST(RestChanges, Removals) {
  auto before = Base();
  iceberg::AddSnapshot(before, {.snapshot_id = 7, .summary = {{"operation", "append"}}}, "main");
  EXPECT_EQ(Names(RestCommit(before, Base()).at("updates"), "action").count("remove-snapshots"), 1u);
  EXPECT_EQ(Names(RestCommit(before, Base()).at("updates"), "action").count("remove-snapshot-ref"), 1u);
}

}  // namespace
}  // namespace ingot::catalog
