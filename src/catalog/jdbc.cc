#include "catalog/jdbc.h"

#include <algorithm>
#include <tuple>

#include "base/fault.h"
#include "base/retry.h"
#include "iceberg/location_catalog.h"

namespace ingot::catalog {
namespace {

using iceberg::TableName;

// The statements of iceberg-core's JdbcUtil, so that either client may create the tables.
constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS iceberg_tables(catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT "
    "NULL, table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location "
    "VARCHAR(1000), iceberg_type VARCHAR(5), PRIMARY KEY (catalog_name, table_namespace, table_name))",
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties(catalog_name VARCHAR(255) NOT NULL, namespace "
    "VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), PRIMARY KEY "
    "(catalog_name, namespace, property_key))"};

// Excludes views. Databases of older clients lack the column.
constexpr std::string_view kIsTable = " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)";

class JdbcCatalog : public iceberg::LocationCatalog {
 public:
  JdbcCatalog(std::unique_ptr<SqlDatabase> database, std::string name)
      : database_(std::move(database)), name_(std::move(name)) {}

  // CREATE TABLE IF NOT EXISTS can fail in PostgreSQL when two processes run it at once, with a unique violation in the
  // system catalog: after an error look again, then retry.
  Status MakeTables() {
    Backoff backoff;
    while (true) {
      INGOT_ASSIGN(const bool complete, HasTables());
      if (complete) return {};
      const Status made = TryMakeTables();
      INGOT_ASSIGN(const bool complete_now, HasTables());
      if (complete_now) return {};
      if (made || !backoff.Wait()) return made;
    }
  }

  const std::string& Name() const override { return name_; }

  Status CreateNamespace(const std::string& space) override {
    const auto changed = database_->Change(
        "INSERT INTO iceberg_namespace_properties VALUES ($1, $2, 'exists', 'true') ON CONFLICT DO NOTHING",
        {name_, space});
    return changed ? Status() : std::unexpected(changed.error());
  }

  Result<std::vector<std::string>> ListNamespaces() override {
    const auto rows = database_->Query(
        "SELECT DISTINCT namespace FROM iceberg_namespace_properties WHERE catalog_name = $1 UNION "
        "SELECT DISTINCT table_namespace FROM iceberg_tables WHERE catalog_name = $1 ORDER BY 1",
        {name_});
    std::vector<std::string> spaces;
    if (!rows && rows.error().kind == ErrorKind::kNotFound) return spaces;
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) spaces.push_back(row[0]);
    return spaces;
  }

  Result<std::vector<TableName>> ListTables() override {
    INGOT_ASSIGN(const auto rows, TableRows("SELECT table_namespace, table_name FROM iceberg_tables WHERE "
                                            "catalog_name = $1",
                                            {name_}));
    std::vector<TableName> tables;
    for (const auto& row : rows) tables.push_back({row[0], row[1]});
    std::ranges::sort(tables);
    return tables;
  }

  Result<std::vector<iceberg::CatalogEntry>> Entries() override {
    INGOT_ASSIGN(const auto rows, TableRows("SELECT catalog_name, table_namespace, table_name, metadata_location FROM "
                                            "iceberg_tables WHERE 1 = 1",
                                            {}));
    std::vector<iceberg::CatalogEntry> entries;
    for (const auto& row : rows)
      entries.push_back({.catalog = row[0], .name = {row[1], row[2]}, .metadata_location = row[3]});
    std::ranges::sort(entries, {}, [](const auto& entry) { return std::tie(entry.catalog, entry.name); });
    return entries;
  }

  Status Register(const TableName& table, const std::string& metadata_location) override {
    const auto changed = database_->Change(
        "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, "
        "previous_metadata_location, iceberg_type) VALUES ($1, $2, $3, $4, NULL, 'TABLE') ON CONFLICT DO NOTHING",
        {name_, table.space, table.name, metadata_location});
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kExists, "table exists: " + table.Text());
    return {};
  }

  Status Drop(const TableName& table) override {
    const std::string sql =
        "DELETE FROM iceberg_tables WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3";
    const std::vector<std::string> which{name_, table.space, table.name};
    auto changed = database_->Change((sql + std::string(kIsTable)).c_str(), which);
    if (!changed && changed.error().kind == ErrorKind::kNotFound) changed = database_->Change(sql.c_str(), which);
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kNotFound, "table does not exist: " + table.Text());
    return {};
  }

 protected:
  Result<std::string> Location(const TableName& table) override {
    const std::string which =
        " FROM iceberg_tables WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3";
    INGOT_ASSIGN(const auto rows, RowsOf("SELECT metadata_location, iceberg_type" + which,
                                         "SELECT metadata_location, NULL" + which, {name_, table.space, table.name}));
    if (rows.empty()) return Fail(ErrorKind::kNotFound, "table does not exist: " + table.Text());
    if (rows[0][1] == "VIEW")
      return Fail(ErrorKind::kUnsupported,
                  table.Text() + " is an Iceberg view; views are not supported: use the tables that it reads");
    return rows[0][0];
  }

  Status Swap(const TableName& table, const std::string& expected, const std::string& next) override {
    const auto changed = database_->Change(
        "UPDATE iceberg_tables SET metadata_location = $1, previous_metadata_location = $2 WHERE catalog_name = $3 AND "
        "table_namespace = $4 AND table_name = $5 AND metadata_location = $2",
        {next, expected, name_, table.space, table.name});
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 0) return Fail(ErrorKind::kConflict, "another writer changed table " + table.Text());
    return FaultPoint("catalog.answer");
  }

 private:
  Status TryMakeTables() {
    for (const char* sql : kTables) INGOT_TRY(database_->Change(sql, {}));
    // A catalog that PyIceberg or an old Java client created may lack the newer column.
    INGOT_ASSIGN(const bool complete, HasTables());
    if (!complete) INGOT_TRY(database_->Change("ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)", {}));
    return {};
  }

  Result<bool> HasTables() {
    for (const char* sql : {"SELECT iceberg_type FROM iceberg_tables WHERE 1 = 0",
                            "SELECT namespace FROM iceberg_namespace_properties WHERE 1 = 0"}) {
      const auto known = database_->Query(sql, {});
      if (!known && known.error().kind == ErrorKind::kNotFound) return false;
      if (!known) return std::unexpected(known.error());
    }
    return true;
  }

  /// Runs `sql`; if iceberg_type is missing, `sql_without_type`; if the tables are missing, returns no rows. A
  /// read-only command must not create either.
  Result<std::vector<SqlDatabase::Row>> RowsOf(const std::string& sql, const std::string& sql_without_type,
                                               const std::vector<std::string>& parameters) {
    auto rows = database_->Query(sql.c_str(), parameters);
    if (!rows && rows.error().kind == ErrorKind::kNotFound)
      rows = database_->Query(sql_without_type.c_str(), parameters);
    if (!rows && rows.error().kind == ErrorKind::kNotFound) return std::vector<SqlDatabase::Row>{};
    return rows;
  }

  /// RowsOf without views. `sql` must end with a WHERE clause.
  Result<std::vector<SqlDatabase::Row>> TableRows(const std::string& sql, const std::vector<std::string>& parameters) {
    return RowsOf(sql + std::string(kIsTable), sql, parameters);
  }

  std::unique_ptr<SqlDatabase> database_;
  const std::string name_;
};

}  // namespace

Result<std::shared_ptr<iceberg::Catalog>> OpenJdbc(std::unique_ptr<SqlDatabase> database, std::string name,
                                                   IfMissing if_missing) {
  auto catalog = std::make_shared<JdbcCatalog>(std::move(database), std::move(name));
  if (if_missing == IfMissing::kCreate) INGOT_TRY(catalog->MakeTables());
  return std::shared_ptr<iceberg::Catalog>(std::move(catalog));
}

}  // namespace ingot::catalog
