// Converts DuckDB data chunks to Arrow batches without DuckDB's extension types.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// Returns DuckDB's error message, "" if there is none, and destroys the error.
std::string TakeMessage(duckdb_error_data error);

class BatchConverter {
 public:
  ~BatchConverter();
  /// Takes ownership of `options` and `types`.
  Status Start(duckdb_arrow_options options, std::vector<duckdb_logical_type> types,
               const std::vector<std::string>& names);
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// The caller keeps ownership of the chunk.
  Result<std::shared_ptr<arrow::RecordBatch>> Convert(duckdb_data_chunk chunk) const;

 private:
  duckdb_arrow_options options_ = nullptr;
  std::shared_ptr<arrow::Schema> engine_schema_, schema_;
};

}  // namespace ingot::sql
