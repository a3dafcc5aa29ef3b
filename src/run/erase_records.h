// The records that an erasure removes, by their source positions: the rows of one record are found in every table, also
// where no column has the value any more. They are stored until the erasure is complete, so that it can be resumed.
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <string>
#include <vector>

#include "iceberg/table.h"
#include "run/erase_condition.h"
#include "silver/positions.h"

namespace ingot::run {

class EraseRecords {
 public:
  /// Reads the records of interrupted erasures from files beside the metadata of bronze.
  static Result<EraseRecords> Load(const iceberg::Table& bronze);

  /// Adds the records of the rows of the table's current snapshot that the condition matches. Returns their number.
  Result<int64_t> AddFrom(const iceberg::Table& table, const EraseCondition& condition, int threads);

  /// Stores the positions. They are no values of the records.
  Status Save();
  /// Deletes the stored positions: the erasure is complete.
  Status Delete();

  const silver::SourcePositions& positions() const { return *positions_; }
  int64_t count() const { return count_; }
  bool Stored() const { return !files_.empty(); }

 private:
  explicit EraseRecords(const iceberg::Table& bronze);
  Status Add(const std::shared_ptr<arrow::RecordBatch>& positions);
  Status Seal();

  std::shared_ptr<storage::Storage> storage_;
  std::string folder_;
  std::vector<std::string> files_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::unique_ptr<silver::SourcePositions> positions_;
  int64_t count_ = 0;
};

}  // namespace ingot::run
