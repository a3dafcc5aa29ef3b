// A readable set of rows with a schema, read in parallel parts with only the columns needed. Rooms pass tables to each
// other as relations, so that neither depends on the other.
#pragma once

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ingot {

struct Relation {
  using Part = std::function<Result<std::shared_ptr<arrow::RecordBatchReader>>()>;

  std::shared_ptr<arrow::Schema> schema;
  int64_t rows_estimate = 0;
  /// Returns parts that together hold each row once, with the given columns (indices into `schema`) in that order.
  std::function<Result<std::vector<Part>>(const std::vector<int>& columns)> open;
};

/// A relation of the rows of one batch.
Relation RelationOf(std::shared_ptr<arrow::RecordBatch> rows);

/// Receives batches as they are produced; an error stops the producer.
using BatchConsumer = std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>;

}  // namespace ingot
