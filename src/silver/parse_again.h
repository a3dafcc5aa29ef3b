// Parses records again that could not be parsed when they were ingested: rows of bronze with an `_error`.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <vector>

#include "iceberg/table.h"

namespace ingot::silver {

using RowsFunction =
    std::function<Result<std::shared_ptr<arrow::RecordBatch>>(const std::shared_ptr<arrow::RecordBatch>&)>;
/// Makes the function that parses the `_payload` of rows by today's fields, for one thread. Its result has all columns
/// of bronze. Rows that still do not fit have an `_error`. Input: `from`: the columns of the rows, with
/// kColumnsToParseAgain.
using ParserFactory = std::function<Result<RowsFunction>(const iceberg::Table& bronze, const iceberg::Schema& from)>;

/// The columns of bronze that are needed besides those of the position.
inline constexpr const char* kColumnsToParseAgain[] = {"_error", "_payload", "_ingested_at"};

class ParseAgain {
 public:
  /// Without a factory all rows stay as they are. The table and the factory must outlive the object.
  ParseAgain(const ParserFactory& factory, const iceberg::Table& bronze, iceberg::Schema from, int threads);

  /// Calls `work(rows)` with the rows without an `_error`, and with those that were parsed again. Calls with different
  /// `thread` may be concurrent.
  using Work = std::function<Status(const std::shared_ptr<arrow::RecordBatch>& rows)>;
  Status Pass(size_t thread, const std::shared_ptr<arrow::RecordBatch>& rows, const Work& work);

 private:
  const ParserFactory& factory_;
  const iceberg::Table& bronze_;
  const iceberg::Schema from_;
  std::vector<RowsFunction> parsers_;  // by thread
};

}  // namespace ingot::silver
