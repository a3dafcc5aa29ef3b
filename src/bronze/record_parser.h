// Parses JSON records into the columns of bronze. A record that does not fit the declared types keeps its bytes and the
// reason, so that nothing is lost or guessed.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <vector>

#include "pipeline/pipeline.h"
#include "source/source.h"

namespace ingot::bronze {

struct ParsedBatch {
  std::shared_ptr<arrow::RecordBatch> rows;  // the columns of pipeline::BronzeSchema, in its order
  int64_t errors = 0;                        // rows with _error
  std::vector<int64_t> nulls;                // by field: rows without _error whose record has no value
};

/// Not thread-safe: each thread has its own.
class RecordParser {
 public:
  static Result<std::unique_ptr<RecordParser>> Make(const pipeline::Pipeline& pipeline);
  virtual ~RecordParser() = default;

  /// Returns one row per record, in order. `ingested_at_micros` is the same for the whole run.
  virtual Result<ParsedBatch> Parse(const source::RawBatch& batch, int64_t ingested_at_micros) = 0;
};

}  // namespace ingot::bronze
