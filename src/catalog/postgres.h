// PostgreSQL as the database of a JDBC catalog.
#pragma once

#include <memory>
#include <string>

#include "catalog/jdbc.h"

namespace ingot::catalog {

/// `uri`: postgresql://user@host:port/database?sslmode=…, as libpq reads it; the password may come from the
/// URI, PGPASSWORD or ~/.pgpass. Statements are prepared once per connection. Reconnects after a lost connection, with
/// bounded retries. Errors: kBadConfig for rejected credentials and unknown databases, kRetry when the server cannot be
/// reached.
Result<std::unique_ptr<SqlDatabase>> OpenPostgres(const std::string& uri);

}  // namespace ingot::catalog
