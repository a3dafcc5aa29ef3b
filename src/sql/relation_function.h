// The table function by which the engine reads registered relations: ingot_relation('key').
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/relation.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// What the function can read, by key. Lives as long as the connection.
struct RelationRegistry {
  duckdb_database database = nullptr;
  std::map<std::string, std::shared_ptr<const Relation>> relations;
};

Status RegisterRelationFunction(duckdb_connection connection, RelationRegistry* registry);

}  // namespace ingot::sql
