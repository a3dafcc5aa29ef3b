// The embedded SQL engine behind a small interface: relations and Arrow batches in, Arrow batches out. Knows no
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

struct EngineOptions {
  int threads = 0;           // 0: all cores
  int64_t memory_bytes = 0;  // 0: the engine's own choice; beyond it intermediate results go to temp_folder
  std::string temp_folder;
};

/// One in-memory database. Not safe from several threads at once; queries run in parallel inside.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const EngineOptions& options);
  virtual ~Engine() = default;

  /// Makes `relation` readable as a view. `name` is quoted and may be catalog.schema.table; schemas are made as needed.
  /// One of that name is replaced; with the same columns also within a transaction.
  virtual Status Register(const std::vector<std::string>& name, Relation relation) = 0;
  /// Errors: kBadInput with the engine's message.
  virtual Status Execute(const std::string& sql) = 0;
  /// The rows of a small result, all in memory.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::string& sql) = 0;
  /// Hands the rows of a result of any size to the consumer as they are made, in no order unless the statement says
  /// one. Returns the columns, which a result without rows has too.
  virtual Result<std::shared_ptr<arrow::Schema>> Stream(const std::string& sql, const BatchConsumer& consumer) = 0;
  /// The tables that a statement reads, as they are written in it.
  virtual Result<std::vector<std::string>> TablesIn(const std::string& sql) = 0;
  /// What a query asks of the rows of registered relations, by their names with dots between: for each scan a condition
  /// in the engine's SQL, "" for all rows. Rows that meet none of a relation's conditions do not change the result;
  /// nothing is known of relations that are not named. now() is that of the transaction.
  virtual std::map<std::string, std::vector<std::string>> ConditionsIn(const std::string& sql) = 0;
};

}  // namespace ingot::sql
