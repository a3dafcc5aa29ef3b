// A DuckDB copy function that passes the rows of a statement to a consumer as they are produced: COPY (…) TO 'x'
// (FORMAT ingot_sink). DuckDB's streaming results can block for ever when a statement has several pipelines.
#pragma once

#include <string>
#include <vector>

#include "base/relation.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The consumer of the running statement. A connection runs one statement at a time.
struct BatchSink {
  duckdb_connection connection = nullptr;
  const BatchConsumer* consumer = nullptr;
  std::vector<std::string> names;
  Error error;  // of the consumer, if it failed
};

/// Registers the copy function. `sink` must outlive the connection.
Status RegisterBatchSink(duckdb_connection connection, BatchSink* sink);

}  // namespace ingot::sql
