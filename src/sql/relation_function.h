// The table functions by which the engine reads registered relations, one for each: ingot_relation_0().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/relation.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// What such a function reads. Lives as long as the connection.
struct RegisteredRelation {
  std::string function;  // its name, as it stands in statements
  std::string name;      // of the view, with dots
  Relation relation;
  duckdb_database database = nullptr;
  std::atomic<int> references{0};  // to the function, in the statements that were planned

  /// The engine keeps the text of an error only. The first one of a statement is kept here, with its kind.
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
  std::optional<Error> error_;  // of a scan, when it failed
};

Status RegisterRelationFunction(duckdb_connection connection, RegisteredRelation* relation);

}  // namespace ingot::sql
