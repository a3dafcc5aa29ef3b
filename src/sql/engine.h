// The embedded SQL engine (DuckDB) behind a small interface: reads relations, returns Arrow batches. Knows nothing of
// Iceberg.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/relation.h"
#include "base/result.h"

namespace ingot::sql {

struct SqlEngineOptions {
  int threads = 0;           // 0: all cores
  int64_t memory_bytes = 0;  // 0: DuckDB's default; larger intermediate results spill to temp_folder
  std::string temp_folder;
};

/// One in-memory database. Not thread-safe; each query uses several threads internally.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const SqlEngineOptions& options);
  virtual ~Engine() = default;

  /// Creates a view of `relation`. `name` has one to three parts, catalog.schema.table, which are quoted here; missing
  /// schemas are created. Replaces a view of the same name; within a transaction only if the columns are the same.
  virtual Status Register(const std::vector<std::string>& name, Relation relation) = 0;
  /// Runs a statement and ignores its rows. Errors: kBadInput with the engine's message.
  virtual Status Execute(const std::string& sql) = 0;
  /// Runs a query with a small result, which is kept in memory.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::string& sql) = 0;
  /// Passes the rows of a result of any size to the consumer as they are produced; without ORDER BY their order is
  /// undefined. Returns the schema, also when there are no rows.
  virtual Result<std::shared_ptr<arrow::Schema>> Stream(const std::string& sql, const BatchConsumer& consumer) = 0;
  /// The tables that a statement reads, with names as written in it.
  virtual Result<std::vector<std::string>> TablesIn(const std::string& sql) = 0;
  /// The conditions of a query on the rows of registered relations, by relation name (parts joined by dots): one per
  /// scan, in DuckDB's SQL, "" for all rows. Rows that match none of a relation's conditions do not affect the result.
  /// Nothing is known of relations missing from the map. now() is that of the transaction.
  virtual std::map<std::string, std::vector<std::string>> ConditionsIn(const std::string& sql) = 0;
};

}  // namespace ingot::sql
