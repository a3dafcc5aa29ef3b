// A catalog in the tables of the Iceberg JDBC catalog (schema version 1), shared with Java, Trino and PyIceberg, over
// any SQL database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "iceberg/catalog.h"

namespace ingot::catalog {

/// What to do about a database, or tables in it, that do not exist yet.
enum class IfMissing {
  kCreate,       ///< create them
  kReadNothing,  ///< create nothing: such a catalog has no tables, until another process creates it
};

/// One database connection, safe from every thread. Statements name their parameters $1, $2, …
/// Errors: kRetry when nothing happened and it may work later, kOutcomeUnknown when the answer of a change was lost,
/// kNotFound for an unknown table or column, kBadConfig for refused credentials.
class SqlDatabase {
 public:
  using Row = std::vector<std::string>;  // NULL as ""

  virtual ~SqlDatabase() = default;
  virtual Result<std::vector<Row>> Query(const char* sql, const std::vector<std::string>& parameters) = 0;
  /// Rows changed.
  virtual Result<int64_t> Change(const char* sql, const std::vector<std::string>& parameters) = 0;
};

Result<std::shared_ptr<iceberg::Catalog>> OpenJdbc(std::unique_ptr<SqlDatabase> database, std::string name,
                                                   IfMissing if_missing = IfMissing::kCreate);

}  // namespace ingot::catalog
