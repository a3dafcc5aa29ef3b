#include "sql/duckdb_api.h"

#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

// Goal:   the loaded library matches the compiled header. Method: it has every function, and a database opens.
TEST(DuckDbApi, LoadsAndOpens) {
  const Status loaded = LoadDuckDb();
  ASSERT_TRUE(loaded) << loaded.error().message;
  duckdb_database database = nullptr;
  ASSERT_EQ(duckdb_open_ext(":memory:", &database, nullptr, nullptr), DuckDBSuccess);
  duckdb_close(&database);
}

}  // namespace
}  // namespace ingot::sql
