// DuckDB table functions that read registered relations, one function per relation: ingot_relation_0().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/relation.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The relation that a table function reads. Must outlive the connection.
struct RegisteredRelation {
  std::string function;  // name of the table function
  std::string name;      // name of the view, parts joined by dots
  Relation relation;
  duckdb_database database = nullptr;
  std::atomic<int> references{0};  // to the function, in planned statements

  /// Stores the first error of a statement with its kind, since DuckDB keeps only the text.
  void Keep(const Error& error) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }
  std::optional<Error> TakeError() {
    std::lock_guard lock(mutex_);
    return std::exchange(error_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Error> error_;  // of a failed scan
};

/// Registers `relation->function`.
Status RegisterRelationFunction(duckdb_connection connection, RegisteredRelation* relation);

}  // namespace ingot::sql
