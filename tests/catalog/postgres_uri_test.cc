#include "catalog/postgres_uri.h"

#include <gtest/gtest.h>

#include <tuple>

namespace ingot::catalog {
namespace {

// Goal:   user and password are found wherever libpq finds them, and nothing of them stays in the rest.
// Method: each form of a URI; encoded characters; signs that look like those of a login.
TEST(PostgresUri, Parts) {
  const std::tuple<const char*, const char*, const char*, const char*> uris[] = {
      {"postgresql://h/d", "", "", "h/d"},
      {"postgresql://me@h:5432/d", "me", "", "h:5432/d"},
      {"postgres://me:pw@h:5432/d?sslmode=require", "me", "pw", "h:5432/d?sslmode=require"},
      {"postgresql://m%40e:p%3Aw%2F%25+@h/d", "m@e", "p:w/%+", "h/d"},
      {"postgresql://me:p:w@h/d", "me", "p:w", "h/d"},
      {"postgresql://me:@h/d", "me", "", "h/d"},
      {"postgresql://h/d?user=me&sslmode=require&password=p%26w", "me", "p&w", "h/d?sslmode=require"},
      {"postgresql://h/d?password=pw", "", "pw", "h/d"},
      {"postgresql://me@h/d?password=pw&application_name=a@b", "me", "pw", "h/d?application_name=a@b"},
      {"postgresql://h/d?options=a@b", "", "", "h/d?options=a@b"},
      {"postgresql://me:pw@[::1]:5432,h2:5433/d", "me", "pw", "[::1]:5432,h2:5433/d"},
      {"postgresql:///d?host=/run/postgresql", "", "", "/d?host=/run/postgresql"}};
  for (const auto& [uri, user, password, server] : uris) {
    const PostgresUri parts = ParsePostgresUri(uri);
    EXPECT_EQ(parts.user, user) << uri;
    EXPECT_EQ(parts.password, password) << uri;
    EXPECT_EQ(parts.server, server) << uri;
  }
}

}  // namespace
}  // namespace ingot::catalog
