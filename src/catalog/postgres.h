// A PostgreSQL database as the database of a catalog.
#pragma once

#include <memory>
#include <string>

#include "catalog/jdbc.h"

namespace ingot::catalog {

/// `uri`: postgresql://user@host:port/database?sslmode=…, as libpq reads it; the password may stand in PGPASSWORD or
/// ~/.pgpass. Statements are prepared once a connection; a lost connection is made anew, with bounded retries.
/// Errors: kBadConfig for refused credentials and unknown databases, kRetry for a server that cannot be reached.
Result<std::unique_ptr<SqlDatabase>> OpenPostgres(const std::string& uri);

}  // namespace ingot::catalog
