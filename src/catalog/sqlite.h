// An SQLite file as the database of a catalog.
#pragma once

#include <memory>
#include <string>

#include "catalog/jdbc.h"

namespace ingot::catalog {

/// Makes the file and its folder when they are missing. Other processes may use the file at the same time.
Result<std::unique_ptr<SqlDatabase>> OpenSqlite(const std::string& path);

}  // namespace ingot::catalog
