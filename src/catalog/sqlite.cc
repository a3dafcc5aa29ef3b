#include "catalog/sqlite.h"

#include <sqlite3.h>

#include <filesystem>
#include <mutex>
#include <set>

#include "base/fault.h"

namespace ingot::catalog {
namespace {

using iceberg::TableName;

constexpr int kBusyWaitMs = 10'000;

// As iceberg-core's JdbcUtil makes them, so that either side may come first.
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS iceberg_tables(catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT "
    "NULL,"
    " table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),"
    " iceberg_type VARCHAR(5), PRIMARY KEY (catalog_name, table_namespace, table_name));"
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties(catalog_name VARCHAR(255) NOT NULL, namespace "
    "VARCHAR(255) NOT NULL,"
    " property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), PRIMARY KEY (catalog_name, namespace, "
    "property_key));";

class SqliteCatalog : public iceberg::Catalog {
 public:
  SqliteCatalog(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}
  ~SqliteCatalog() override { sqlite3_close(database_); }

  Status Open() {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
    if (sqlite3_open_v2(path_.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                        nullptr) != SQLITE_OK)
      return Fail(ErrorKind::kBadConfig, "cannot open the catalog " + path_ + ": " + sqlite3_errmsg(database_));
    sqlite3_busy_timeout(database_, kBusyWaitMs);
    if (sqlite3_exec(database_, kTables, nullptr, nullptr, nullptr) != SQLITE_OK)
      return std::unexpected(Problem("make the catalog's tables"));
    // A file that PyIceberg or an old Java client made first may lack the newer column.
    INGOT_ASSIGN(const auto columns, Query("SELECT name FROM pragma_table_info('iceberg_tables')", {}));
    for (const auto& row : columns)
      if (row[0] == "iceberg_type") return {};
    if (sqlite3_exec(database_, "ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)", nullptr, nullptr,
                     nullptr) != SQLITE_OK)
      return std::unexpected(Problem("add the column iceberg_type"));
    return {};
  }

  const std::string& Name() const override { return name_; }

  Status CreateNamespace(const std::string& space) override {
    const auto changed =
        Change("INSERT OR IGNORE INTO iceberg_namespace_properties VALUES (?, ?, 'exists', 'true')", {name_, space});
    return changed ? Status() : std::unexpected(changed.error());
  }

  Result<std::vector<std::string>> ListNamespaces() override {
    INGOT_ASSIGN(const auto rows,
                 Query("SELECT DISTINCT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1 UNION "
                       "SELECT DISTINCT table_namespace FROM iceberg_tables WHERE catalog_name = ?1 ORDER BY 1",
                       {name_}));
    std::vector<std::string> spaces;
    for (const auto& row : rows) spaces.push_back(row[0]);
    return spaces;
  }

  Result<std::vector<TableName>> ListTables() override {
    INGOT_ASSIGN(const auto rows,
                 Query("SELECT table_namespace, table_name FROM iceberg_tables WHERE catalog_name = ? AND "
                       "(iceberg_type = 'TABLE' OR iceberg_type IS NULL) ORDER BY 1, 2",
                       {name_}));
    std::vector<TableName> tables;
    for (const auto& row : rows) tables.push_back({row[0], row[1]});
    return tables;
  }

  Result<std::string> Location(const TableName& table) override {
    INGOT_ASSIGN(const auto rows, Query("SELECT metadata_location FROM iceberg_tables WHERE catalog_name = ? AND "
                                        "table_namespace = ? AND table_name = ? "
                                        "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)",
                                        {name_, table.space, table.name}));
    if (rows.empty()) return Fail(ErrorKind::kNotFound, "table does not exist: " + table.Text());
    return rows[0][0];
  }

  Status Insert(const TableName& table, const std::string& metadata_location) override {
    const auto changed = Change(
        "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, "
        "previous_metadata_location, "
        "iceberg_type) VALUES (?, ?, ?, ?, NULL, 'TABLE') ON CONFLICT DO NOTHING",
        {name_, table.space, table.name, metadata_location});
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kExists, "table exists: " + table.Text());
    return {};
  }

  Status Swap(const TableName& table, const std::string& expected, const std::string& next) override {
    const auto changed = Change(
        "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ? WHERE catalog_name = ? AND "
        "table_namespace = ? AND table_name = ? AND metadata_location = ?",
        {next, expected, name_, table.space, table.name, expected});
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kConflict, "another writer changed table " + table.Text());
    return FaultPoint("catalog.answer");
  }

  Status Drop(const TableName& table) override {
    const auto changed =
        Change("DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
               {name_, table.space, table.name});
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kNotFound, "table does not exist: " + table.Text());
    return {};
  }

 private:
  Error Problem(std::string_view doing) {
    const int code = sqlite3_errcode(database_) & 0xFF;
    const ErrorKind kind = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? ErrorKind::kRetry
                           : code == SQLITE_IOERR                            ? ErrorKind::kOutcomeUnknown
                           : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? ErrorKind::kCorrupt
                                                                             : ErrorKind::kBadConfig;
    return Error{kind, "catalog " + path_ + ": " + std::string(doing) + ": " + sqlite3_errmsg(database_)};
  }

  Result<std::vector<std::vector<std::string>>> Query(const char* sql, const std::vector<std::string>& parameters) {
    std::lock_guard lock(mutex_);
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK)
      return std::unexpected(Problem("query"));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    for (size_t i = 0; i < parameters.size(); ++i)
      sqlite3_bind_text(statement, int(i) + 1, parameters[i].data(), int(parameters[i].size()), SQLITE_STATIC);
    std::vector<std::vector<std::string>> rows;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      std::vector<std::string> row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.emplace_back(text ? text : "");
      }
      rows.push_back(std::move(row));
    }
    if (code != SQLITE_DONE) return std::unexpected(Problem("query"));
    return rows;
  }

  /// Rows changed.
  Result<int> Change(const char* sql, const std::vector<std::string>& parameters) {
    std::lock_guard lock(mutex_);
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK)
      return std::unexpected(Problem("change"));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    for (size_t i = 0; i < parameters.size(); ++i)
      sqlite3_bind_text(statement, int(i) + 1, parameters[i].data(), int(parameters[i].size()), SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE) return std::unexpected(Problem("change"));
    return sqlite3_changes(database_);
  }

  const std::string path_;
  const std::string name_;
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<iceberg::Catalog>> OpenSqlite(const std::string& path, std::string name) {
  auto catalog = std::make_shared<SqliteCatalog>(path, std::move(name));
  INGOT_TRY(catalog->Open());
  return std::shared_ptr<iceberg::Catalog>(std::move(catalog));
}

}  // namespace ingot::catalog
