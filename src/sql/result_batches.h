// Chunks of the engine as plain Arrow batches.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace ingot::sql {

/// The engine's error text, "" when there is none; destroys the error.
std::string TakeMessage(duckdb_error_data error);

class BatchConverter {
 public:
  ~BatchConverter();
  /// `options` and `types` become the converter's.
  Status Start(duckdb_arrow_options options, std::vector<duckdb_logical_type> types,
               const std::vector<std::string>& names);
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// The chunk stays the caller's.
  Result<std::shared_ptr<arrow::RecordBatch>> Convert(duckdb_data_chunk chunk) const;

 private:
  duckdb_arrow_options options_ = nullptr;
  std::shared_ptr<arrow::Schema> engine_schema_, schema_;
};

}  // namespace ingot::sql
