#include "catalog/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

namespace ingot::catalog {
namespace {

std::string File(const char* name) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove(path);
  return path.string();
}

// Goal:   numbered parameters, repeated ones too, and counted changes. Method: a table of two rows.
TEST(Sqlite, Statements) {
  const auto database = *OpenSqlite(File("ingot_statements.db"));
  ASSERT_TRUE(database->Change("CREATE TABLE t(a, b)", {}));
  EXPECT_EQ(*database->Change("INSERT INTO t VALUES ($1, $2), ($2, $1)", {"x", "y"}), 2);
  EXPECT_EQ(*database->Change("UPDATE t SET a = $1 WHERE a = $2 AND b = $1", {"y", "x"}), 1);
  EXPECT_EQ(database->Query("SELECT a, b, NULL FROM t ORDER BY b", {})->at(1), (SqlDatabase::Row{"y", "y", ""}));
  EXPECT_FALSE(database->Query("SELECT nothing FROM t", {}));
}

// Goal:   a file that an older client made first is taken and completed. Method: the version-0 schema.
TEST(Sqlite, CompletesOlderCatalogs) {
  const std::string file = File("ingot_old.db");
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(database,
               "CREATE TABLE iceberg_tables(catalog_name, table_namespace, table_name, metadata_location, "
               "previous_metadata_location, PRIMARY KEY (catalog_name, table_namespace, table_name));"
               "INSERT INTO iceberg_tables VALUES ('c', 'n', 't', 'v0', NULL)",
               nullptr, nullptr, nullptr);
  sqlite3_close(database);
  const auto catalog = *OpenJdbc(*OpenSqlite(file), "c");
  EXPECT_EQ(catalog->ListTables()->size(), 1u);
  EXPECT_TRUE(catalog->Drop({"n", "t"}));
}

// Goal:   a view of another engine is told as such, and is not dropped as a table. Method: its row in the catalog.
TEST(Sqlite, Views) {
  const std::string file = File("ingot_views.db");
  const auto catalog = *OpenJdbc(*OpenSqlite(file), "c");
  ASSERT_TRUE(catalog->Register({"n", "t"}, "v0"));
  const auto database = *OpenSqlite(file);
  ASSERT_TRUE(database->Change("UPDATE iceberg_tables SET iceberg_type = 'VIEW'", {}));
  const auto loaded = catalog->Load({"n", "t"}, nullptr);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(loaded.error().message.find("n.t is an Iceberg view"), std::string::npos);
  EXPECT_TRUE(catalog->ListTables()->empty());
  EXPECT_FALSE(catalog->Drop({"n", "t"}));
}

}  // namespace
}  // namespace ingot::catalog
