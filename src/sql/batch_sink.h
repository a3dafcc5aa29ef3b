// The copy function by which the engine hands out the rows of a statement as it makes them: COPY (…) TO 'x' (FORMAT
// ingot_sink). The engine's own streaming results can wait for ever when a statement has several pipelines; a sink is
// pushed to.
#pragma once

#include <string>
#include <vector>

#include "base/relation.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The consumer of the statement that runs now. One at a time per connection.
struct BatchSink {
  duckdb_connection connection = nullptr;
  const BatchConsumer* consumer = nullptr;
  std::vector<std::string> names;
  Error error;  // of the consumer, when it failed
};

Status RegisterBatchSink(duckdb_connection connection, BatchSink* sink);

}  // namespace ingot::sql
