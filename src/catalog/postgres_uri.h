// The parts of a PostgreSQL URI that other clients than libpq need.
// Source: PostgreSQL documentation, "Connection Strings"; pgJDBC documentation, "Connecting to the Database".
#pragma once

#include <string>
#include <string_view>

namespace ingot::catalog {

struct PostgresUri {
  std::string user, password;  // decoded; from the part before '@' or the parameters; empty if they are not there
  std::string server;          // host:port/database?parameters, without both
};

/// Input:  postgresql://user:password@host:port/database?sslmode=require; user and password may be parameters, too.
PostgresUri ParsePostgresUri(std::string_view uri);

}  // namespace ingot::catalog
