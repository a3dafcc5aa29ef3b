#include "catalog/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "catalog/open.h"

namespace ingot::catalog {
namespace {

std::string File(const char* name) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove(path);
  return path.string();
}

// Goal:   numbered parameters, also repeated ones, and counts of changed rows. Method: a table of two rows.
TEST(Sqlite, Statements) {
  const auto database = *OpenSqlite(File("ingot_statements.db"));
  ASSERT_TRUE(database->Change("CREATE TABLE t(a, b)", {}));
  EXPECT_EQ(*database->Change("INSERT INTO t VALUES ($1, $2), ($2, $1)", {"x", "y"}), 2);
  EXPECT_EQ(*database->Change("UPDATE t SET a = $1 WHERE a = $2 AND b = $1", {"y", "x"}), 1);
  EXPECT_EQ(database->Query("SELECT a, b, NULL FROM t ORDER BY b", {})->at(1), (SqlDatabase::Row{"y", "y", ""}));
  EXPECT_FALSE(database->Query("SELECT nothing FROM t", {}));
}

// Goal:   the tables of an older client are used and completed. Method: the version-0 schema.
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

// Goal:   a view of another engine is reported as a view and not dropped as a table. Method: its row in the catalog.
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

// Goal:   a read-only connection creates nothing and sees what is created later; older tables are not changed.
// Method: a missing file that another connection then creates; the version-0 schema.
TEST(Sqlite, ReadingCreatesNothing) {
  const std::string file = File("ingot_absent/catalog.db"), uri = "sqlite://" + file;
  std::filesystem::remove_all(std::filesystem::path(file).parent_path());
  const auto reader = *OpenCatalog(uri, "", IfMissing::kReadNothing);
  EXPECT_TRUE(reader->ListTables()->empty());
  EXPECT_TRUE(reader->ListNamespaces()->empty());
  EXPECT_EQ(reader->Register({"n", "t"}, "v0").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(file).parent_path()));
  ASSERT_TRUE((*OpenCatalog(uri, ""))->Register({"n", "t"}, "v0"));
  EXPECT_EQ(reader->ListTables()->size(), 1u);
  const auto older = *OpenSqlite(File("ingot_older.db"));
  ASSERT_TRUE(
      older->Change("CREATE TABLE iceberg_tables(catalog_name, table_namespace, table_name, metadata_location, "
                    "previous_metadata_location)",
                    {}));
  ASSERT_TRUE(older->Change("INSERT INTO iceberg_tables VALUES ('c', 'n', 't', 'v0', NULL)", {}));
  const auto old_reader = *OpenJdbc(*OpenSqlite(testing::TempDir() + "ingot_older.db", IfMissing::kReadNothing), "c",
                                    IfMissing::kReadNothing);
  EXPECT_EQ(old_reader->ListTables()->size(), 1u);
  EXPECT_EQ(older->Query("SELECT iceberg_type FROM iceberg_tables", {}).error().kind, ErrorKind::kNotFound);
}

// Goal:   a lock that is not released ends in an error after one waiting time for all attempts; a released lock is
// waited for. Method: a second connection locks the database.
TEST(Sqlite, WaitsForALockForALimitedTime) {
  const std::string file = File("ingot_locked.db");
  const auto holder = *OpenSqlite(file);
  ASSERT_TRUE(holder->Change("CREATE TABLE t(a)", {}));
  const auto waiter = *OpenSqlite(file, IfMissing::kCreate,
                                  {.silent = std::chrono::milliseconds(20), .total = std::chrono::milliseconds(200)});
  ASSERT_TRUE(holder->Change("BEGIN EXCLUSIVE", {}));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    const auto rejected = waiter->Query("SELECT a FROM t", {});
    ASSERT_FALSE(rejected);
    EXPECT_EQ(rejected.error().kind, ErrorKind::kRetry);
    EXPECT_NE(rejected.error().message.find(file + " has been locked by"), std::string::npos)
        << rejected.error().message;
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("is locked by"), std::string::npos);
  ASSERT_TRUE(holder->Change("COMMIT", {}));
  EXPECT_TRUE(waiter->Query("SELECT a FROM t", {}));
}

}  // namespace
}  // namespace ingot::catalog
