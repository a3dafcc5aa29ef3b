// One suite for every catalog. SQLite is always tested; INGOT_TEST_CATALOGS lists the URIs of others, separated by
// spaces: the stack tests pass a PostgreSQL server and a REST catalog.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "base/random.h"
#include "catalog/open.h"
#include "iceberg/location_catalog.h"
#include "iceberg/table.h"

namespace ingot::catalog {
namespace {

using iceberg::Catalog;
using iceberg::TableHome;
using iceberg::TableMetadata;

std::vector<std::string> Uris() {
  std::vector<std::string> uris{"sqlite://" + testing::TempDir() + "ingot_conformance_" + RandomUuid() + ".db"};
  const char* more = std::getenv("INGOT_TEST_CATALOGS");
  std::istringstream words(more == nullptr ? "" : more);
  for (std::string word; words >> word;) uris.push_back(word);
  return uris;
}

class Conformance : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Catalog> catalog_ = Open();
  const std::shared_ptr<storage::Storage> storage_ = storage::MakeLocalStorage();
  const std::string space_ = "n" + RandomUuid().substr(0, 8);

  static std::shared_ptr<Catalog> Open() {
    auto catalog = OpenCatalog(GetParam(), "");
    EXPECT_TRUE(catalog) << catalog.error().message;
    return *catalog;
  }
  TableHome Home(const std::string& name) const { return {catalog_, storage_, {space_, name}}; }

  TableMetadata Metadata(const std::string& name) const {
    iceberg::Schema schema;
    schema.fields = {{.id = 1, .name = "id", .type = {.id = iceberg::TypeId::kLong}, .required = true}};
    const std::string location =
        catalog_->ChoosesLocations() ? "" : "file://" + testing::TempDir() + "ingot_conformance/" + space_ + "/" + name;
    return *iceberg::MakeTableMetadata({.schema = schema, .location = location, .properties = {{"k", "v"}}});
  }

  Result<iceberg::Table> SetProperty(const TableHome& home, const std::string& key, const std::string& value) {
    return iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
      metadata.properties[key] = value;
      return {};
    });
  }
};

// Goal:   tables are created once, found, listed, dropped and registered again. Method: each call and each error.
TEST_P(Conformance, TablesByName) {
  const TableHome home = Home("t");
  EXPECT_EQ(iceberg::LoadTable(home).error().kind, ErrorKind::kNotFound);
  const auto made = iceberg::CreateTable(home, Metadata("t"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(catalog_->CreateNamespace(space_));
  EXPECT_EQ(iceberg::CreateTable(home, Metadata("t")).error().kind, ErrorKind::kExists);
  const auto loaded = *iceberg::LoadTable(home);
  EXPECT_EQ(loaded.metadata->table_uuid, made->metadata->table_uuid);
  EXPECT_EQ(loaded.metadata->Property("k", ""), "v");
  const auto names = *catalog_->ListTables();
  EXPECT_NE(std::ranges::find(names, home.name), names.end());
  const auto spaces = *catalog_->ListNamespaces();
  EXPECT_NE(std::ranges::find(spaces, space_), spaces.end());
  ASSERT_TRUE(catalog_->Drop(home.name));
  EXPECT_EQ(catalog_->Drop(home.name).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(catalog_->Register(home.name, loaded.metadata_location));
  EXPECT_EQ(catalog_->Register(home.name, loaded.metadata_location).error().kind, ErrorKind::kExists);
  EXPECT_EQ(iceberg::LoadTable(home)->metadata->table_uuid, made->metadata->table_uuid);
}

// Goal:   schemas, specs, properties, snapshots and refs are loaded as committed. Method: change each, load.
TEST_P(Conformance, EveryKindOfChange) {
  const TableHome home = Home("changes");
  ASSERT_TRUE(iceberg::CreateTable(home, Metadata("changes")));
  const auto changed = iceberg::CommitMetadata(home, [](TableMetadata& metadata) -> Status {
    iceberg::Schema wider = metadata.CurrentSchema();
    wider.fields.push_back(
        {.id = ++metadata.last_column_id, .name = "at", .type = {.id = iceberg::TypeId::kTimestamptz}});
    iceberg::SetCurrentSchema(metadata, wider);
    metadata.properties["a"] = "1";
    metadata.properties.erase("k");
    return {};
  });
  ASSERT_TRUE(changed) << changed.error().message;
  const auto partitioned = iceberg::CommitMetadata(home, [](TableMetadata& metadata) {
    return iceberg::SetPartition(metadata, {{"at", *iceberg::ParseTransform("day")}});
  });
  ASSERT_TRUE(partitioned) << partitioned.error().message;
  const auto first = iceberg::CommitSnapshot(home, {.operation = "append", .summary = {{"who", "first"}}});
  ASSERT_TRUE(first) << first.error().message;
  const auto second = iceberg::CommitSnapshot(home, {.operation = "append", .summary = {{"who", "second"}}});
  ASSERT_TRUE(second) << second.error().message;
  const auto back = iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
    INGOT_TRY(
        iceberg::SetRef(metadata, "keep", {.snapshot_id = *second->metadata->current_snapshot_id, .type = "tag"}));
    return iceberg::RollbackTo(metadata, *first->metadata->current_snapshot_id);
  });
  ASSERT_TRUE(back) << back.error().message;
  const auto now = *iceberg::LoadTable(home)->metadata;
  EXPECT_EQ(now.CurrentSchema().fields.size(), 2u);
  EXPECT_EQ(now.DefaultSpec().fields.size(), 1u);
  EXPECT_EQ(now.Property("a", ""), "1");
  EXPECT_EQ(now.Property("k", "gone"), "gone");
  EXPECT_EQ(now.CurrentSnapshot()->summary.at("who"), "first");
  EXPECT_EQ(now.refs.at("keep").snapshot_id, *second->metadata->current_snapshot_id);
  EXPECT_EQ(now.snapshots.size(), 2u);
}

// Goal:   of several commits on one base exactly one succeeds; the others get a conflict. Method: eight threads, each
// with its own connection.
TEST_P(Conformance, OneCommitWins) {
  const TableHome home = Home("race");
  ASSERT_TRUE(iceberg::CreateTable(home, Metadata("race")));
  const auto base = *catalog_->Load(home.name, storage_);
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      TableMetadata next = *base.metadata;
      next.last_sequence_number = 1;
      iceberg::AddSnapshot(next,
                           {.snapshot_id = 1000 + i,
                            .sequence_number = 1,
                            .timestamp_ms = next.last_updated_ms + 1,
                            .manifest_list = base.metadata->location + "/none.avro",
                            .summary = {{"operation", "append"}}},
                           "main");
      const auto committed = Open()->Commit(home.name, base, next);
      won += committed.has_value();
      lost += !committed && committed.error().kind == ErrorKind::kConflict;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
}

// Goal:   no commit of concurrent writers is lost. Method: four threads, ten snapshots each, with retries.
TEST_P(Conformance, ConcurrentSnapshotsAreAllCommitted) {
  const TableHome home = Home("writers");
  ASSERT_TRUE(iceberg::CreateTable(home, Metadata("writers")));
  std::vector<std::thread> threads;
  std::atomic<int> landed{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        Result<iceberg::Table> committed = Fail(ErrorKind::kConflict, "");
        while (!committed && committed.error().kind == ErrorKind::kConflict)
          committed = iceberg::CommitSnapshot(home, {.operation = "append"});
        EXPECT_TRUE(committed) << committed.error().message;
        landed += committed.has_value();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(landed, 40);
  EXPECT_EQ(iceberg::LoadTable(home)->metadata->snapshots.size(), 40u);
}

// Goal:   long lists are complete. Method: more tables than one page of a REST response, in a nested namespace.
TEST_P(Conformance, LongListsAndNestedNamespaces) {
  const std::string nested = space_ + ".inner";
  ASSERT_TRUE(catalog_->CreateNamespace(space_));
  ASSERT_TRUE(catalog_->CreateNamespace(nested));
  ASSERT_TRUE(iceberg::CreateTable(Home("seed"), Metadata("seed")));
  const std::string location = iceberg::LoadTable(Home("seed"))->metadata_location;
  for (int i = 0; i < 120; ++i) {
    const auto entered = catalog_->Register({nested, "t" + std::to_string(i)}, location);
    ASSERT_TRUE(entered) << entered.error().message;
  }
  int listed = 0;
  const auto tables = *catalog_->ListTables();
  for (const auto& table : tables) listed += table.space == nested;
  EXPECT_EQ(listed, 120);
}

// Goal:   a change that is already committed is not an error. Method: the same property twice.
TEST_P(Conformance, PropertiesAreIdempotent) {
  const TableHome home = Home("p");
  ASSERT_TRUE(iceberg::CreateTable(home, Metadata("p")));
  ASSERT_TRUE(SetProperty(home, "a", "1"));
  ASSERT_TRUE(SetProperty(home, "a", "1"));
  EXPECT_EQ(iceberg::LoadTable(home)->metadata->Property("a", ""), "1");
}

INSTANTIATE_TEST_SUITE_P(Catalogs, Conformance, testing::ValuesIn(Uris()), [](const auto& info) {
  return info.param.substr(0, info.param.find(':')) + std::to_string(info.index);
});

}  // namespace
}  // namespace ingot::catalog
