// The table functions by which the engine reads registered relations, one for each: ingot_relation_0().
#pragma once

#include <atomic>
#include <memory>
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
};

Status RegisterRelationFunction(duckdb_connection connection, RegisteredRelation* relation);

}  // namespace ingot::sql
