// A catalog in an SQLite file, in the schema of the Iceberg JDBC catalog (version 1), shared with Java, PyIceberg and
// Trino.
#pragma once

#include <memory>
#include <string>

#include "iceberg/catalog.h"

namespace ingot::catalog {

/// Makes the file, its folder and its tables when they are missing. Other processes may use the file at the same time.
Result<std::shared_ptr<iceberg::Catalog>> OpenSqlite(const std::string& path, std::string name);

}  // namespace ingot::catalog
