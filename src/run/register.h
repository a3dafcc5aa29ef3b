// Tables enter the catalog and leave it; their files stay where they are.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct Registration {
  iceberg::TableName name;
  std::string metadata_location;
  iceberg::TableMetadata metadata;
  /// What the same table is called in the catalog already: changes under one name do not reach the other.
  std::vector<iceberg::TableName> other_names;
};

/// Enters a table. `location`: its metadata file, or its folder for the newest one. Errors: kExists; kNotFound.
Result<Registration> RegisterTable(const Lakehouse& house, const std::string& table, const std::string& location);

struct Unregistration {
  iceberg::TableName name;
  std::string metadata_location;
  std::string warning;  // why no other table can be made in its folder; empty when one can
};

/// Takes a table out of the catalog. Errors: kNotFound.
Result<Unregistration> UnregisterTable(const Lakehouse& house, const std::string& table);

}  // namespace ingot::run
