#include "sql/duckdb_api.h"

namespace ingot::sql {

INGOT_LAZY_DEFINE(INGOT_DUCKDB_FUNCTIONS)

Status LoadDuckDb() {
  static const Status loaded = OpenLibrary("libduckdb.so", {INGOT_DUCKDB_FUNCTIONS(INGOT_LAZY_ENTRY)});
  return loaded;
}

}  // namespace ingot::sql
