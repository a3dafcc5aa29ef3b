#include "catalog/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <thread>

namespace ingot::catalog {
namespace {

std::string File(const char* name) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove(path);
  return path.string();
}

// Goal:   the catalog's promises: insert once, swap on the expected value only, forget. Method: each call, each
// refusal.
TEST(SqliteCatalog, Conforms) {
  const auto catalog = *OpenSqlite(File("ingot_catalog.db"), "iceberg_catalog");
  const iceberg::TableName table{"a.b", "t"};
  EXPECT_EQ(catalog->Location(table).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(catalog->CreateNamespace("a.b"));
  ASSERT_TRUE(catalog->CreateNamespace("a.b"));
  ASSERT_TRUE(catalog->Insert(table, "v0"));
  EXPECT_EQ(catalog->Insert(table, "v1").error().kind, ErrorKind::kExists);
  EXPECT_EQ(catalog->Swap(table, "v9", "v1").error().kind, ErrorKind::kConflict);
  ASSERT_TRUE(catalog->Swap(table, "v0", "v1"));
  EXPECT_EQ(*catalog->Location(table), "v1");
  EXPECT_EQ(catalog->ListTables()->size(), 1u);
  EXPECT_EQ(*catalog->ListNamespaces(), std::vector<std::string>{"a.b"});
  ASSERT_TRUE(catalog->Drop(table));
  EXPECT_EQ(catalog->Drop(table).error().kind, ErrorKind::kNotFound);
}

// Goal:   of many swaps from one value, one wins, over connections too. Method: eight threads with their own.
TEST(SqliteCatalog, OneSwapWins) {
  const std::string file = File("ingot_swap.db");
  ASSERT_TRUE((*OpenSqlite(file, "c"))->Insert({"n", "t"}, "v0"));
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const auto swapped = (*OpenSqlite(file, "c"))->Swap({"n", "t"}, "v0", "v" + std::to_string(i + 1));
      won += swapped.has_value();
      lost += !swapped && swapped.error().kind == ErrorKind::kConflict;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
}

// Goal:   a file that an older client made first is taken and completed. Method: the version-0 schema.
TEST(SqliteCatalog, CompletesOlderFiles) {
  const std::string file = File("ingot_old.db");
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(database,
               "CREATE TABLE iceberg_tables(catalog_name, table_namespace, table_name, metadata_location, "
               "previous_metadata_location, PRIMARY KEY (catalog_name, table_namespace, table_name));"
               "INSERT INTO iceberg_tables VALUES ('c', 'n', 't', 'v0', NULL)",
               nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(*(*OpenSqlite(file, "c"))->Location({"n", "t"}), "v0");
}

}  // namespace
}  // namespace ingot::catalog
