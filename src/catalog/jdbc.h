// The Iceberg JDBC catalog (schema version 1), compatible with Java, Trino and PyIceberg, on any SQL database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "iceberg/catalog.h"

namespace ingot::catalog {

/// What to do when the database or its catalog tables do not exist yet.
enum class IfMissing {
  kCreate,       ///< create them
  kReadNothing,  ///< create nothing: the catalog lists no tables until another process creates it
};

/// One database connection. Thread-safe. Parameters of statements are $1, $2, …
/// Errors: kRetry when nothing was changed and a retry may succeed, kOutcomeUnknown when the response to a change was
/// lost, kNotFound for an unknown table or column, kBadConfig for rejected credentials.
class SqlDatabase {
 public:
  using Row = std::vector<std::string>;  // NULL as ""

  virtual ~SqlDatabase() = default;
  virtual Result<std::vector<Row>> Query(const char* sql, const std::vector<std::string>& parameters) = 0;
  /// Executes an INSERT, UPDATE, DELETE or DDL statement. Returns the number of changed rows.
  virtual Result<int64_t> Change(const char* sql, const std::vector<std::string>& parameters) = 0;
};

/// `name` is the catalog_name of its rows: catalogs of other names in the same database are not visible.
Result<std::shared_ptr<iceberg::Catalog>> OpenJdbc(std::unique_ptr<SqlDatabase> database, std::string name,
                                                   IfMissing if_missing = IfMissing::kCreate);

}  // namespace ingot::catalog
