// Recomputes rows of bronze by another definition, batch by batch, from what the rows hold.
#pragma once

#include <arrow/record_batch.h>

#include <map>
#include <memory>
#include <string>

#include "pipeline/definition_read.h"
#include "pipeline/pipeline.h"

namespace ingot::bronze {

struct Recomputed {
  std::shared_ptr<arrow::RecordBatch> rows;  // the columns of the new schema, in its order
  int64_t unfit = 0;                         // rows with an _error that they did not have
  std::string example;                       // the _error of one of them
};

/// Not thread-safe: each thread has its own. It keeps no reference to its options.
class Recompute {
 public:
  struct Options {
    const pipeline::Pipeline& pipeline;  // as it is now
    const pipeline::RecordSpec& before;  // by which the rows were computed
    const iceberg::Schema& from;         // of the rows
    const iceberg::Schema& to;           // of the result. A column keeps its field id, even if it is renamed
    const std::map<std::string, std::string>& renames;  // new name of a field by its old name
    bool only_counts = false;                           // the result has no rows
  };
  static Result<std::unique_ptr<Recompute>> Make(const Options& options);
  virtual ~Recompute() = default;

  /// A record in _payload is parsed as if it were new. Of other rows, unchanged fields keep their values, and the
  /// others are computed from _extra and the old columns. If the result does not fit, the row gets an _error, and
  /// _payload has the record as far as bronze knows it. Rows with an _error but without a record that can be parsed
  /// (tombstones, lines of CSV whose header is not known) keep both.
  virtual Result<Recomputed> Rows(const std::shared_ptr<arrow::RecordBatch>& rows) = 0;
};

}  // namespace ingot::bronze
