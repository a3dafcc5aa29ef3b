// Row-level deletes of one data file: positions, and rows by value.
// Source: Iceberg specification, "Deletion Vectors", "Position Delete Files", "Equality Delete Files".
#pragma once

#include <arrow/array.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "iceberg/scan.h"

namespace ingot::iceberg {

class RowDeletes {
 public:
  /// Reads the delete files of a task into memory: eight bytes a position, the key's bytes a row.
  static Result<RowDeletes> Read(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata,
                                 const FileTask& task);

  bool Empty() const { return positions_.empty() && equalities_.empty(); }
  /// Columns that Apply() needs beside those that the caller wants.
  std::vector<FieldId> NeededColumns() const;
  /// Clears `keep[i]` for each row of the batch that is deleted. `first_position`: of the batch's first row in its
  /// file.
  Status Apply(const arrow::RecordBatch& batch, const Schema& columns, int64_t first_position,
               std::vector<bool>& keep) const;

 private:
  struct Equality {
    std::vector<FieldId> columns;
    std::unordered_set<std::string> keys;
  };
  Status ReadVector(storage::Storage& storage, const DataFile& vector, int64_t rows);
  Status ReadPositions(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata, const DataFile& file,
                       const std::string& data_location);
  Status ReadEqualities(std::shared_ptr<storage::Storage> storage, const TableMetadata& metadata, const DataFile& file);

  std::vector<int64_t> positions_;  // sorted
  std::vector<Equality> equalities_;
};

}  // namespace ingot::iceberg
