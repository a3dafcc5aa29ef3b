// Registers tables in the catalog and unregisters them. Their files stay in place.
#pragma once

#include <string>
#include <vector>

#include "run/open.h"

namespace ingot::run {

struct Registration {
  iceberg::TableName name;
  std::string metadata_location;
  iceberg::TableMetadata metadata;
  /// Other names of the same table in the catalog. Changes under one name do not affect the other.
  std::vector<iceberg::TableName> other_names;
};

/// Registers a table. `location`: its metadata file, or its folder for the newest one. Errors: kExists; kNotFound.
Result<Registration> RegisterTable(const Lakehouse& house, const std::string& table, const std::string& location);

struct Unregistration {
  iceberg::TableName name;
  std::string metadata_location;
  std::string warning;  // why no other table can be created in its folder; empty when one can
};

/// Removes a table from the catalog. Errors: kNotFound.
Result<Unregistration> UnregisterTable(const Lakehouse& house, const std::string& table);

}  // namespace ingot::run
