// Rows that can be read column by column, in parallel parts: how one room hands a table to another without either
// knowing what the other is.
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
  /// Parts that together hold all rows once, each with the given columns (indices into `schema`) in that order.
  std::function<Result<std::vector<Part>>(const std::vector<int>& columns)> open;
};

/// The rows of one batch.
Relation RelationOf(std::shared_ptr<arrow::RecordBatch> rows);

/// Takes rows as they are made; an error stops their maker.
using BatchConsumer = std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>;

}  // namespace ingot
