// The row-level deletes of one data file: positions and equality deletes.
#pragma once

#include <arrow/array.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rows/scan.h"

namespace ingot::rows {

/// Whether a path in a delete file names the data file; both may be spelled differently.
bool NamesFile(std::string_view path, std::string_view data_file);

/// Calls `use(data file, position)` for each row of a position delete file.
Status ForEachDeletedPosition(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                              const iceberg::DataFile& file, const std::function<void(std::string_view, int64_t)>& use);

class RowDeletes {
 public:
  /// Reads the delete files of a task into memory: eight bytes per position, the size of the key per equality delete.
  static Result<RowDeletes> Read(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                                 const FileTask& task);

  /// Positions of deleted rows, ascending, possibly with duplicates.
  const std::vector<int64_t>& Positions() const { return positions_; }
  bool Empty() const { return positions_.empty() && equalities_.empty(); }
  /// Columns that Apply() needs, in a type that can hold the values of every schema; a narrower type is accepted too.
  std::vector<iceberg::Field> NeededColumns() const;
  /// Sets `keep[i]` to false for each deleted row of the batch. `first_position`: position of the batch's first row in
  /// its file.
  Status Apply(const arrow::RecordBatch& batch, const iceberg::Schema& columns, int64_t first_position,
               std::vector<bool>& keep) const;

 private:
  struct Equality {
    std::vector<iceberg::Field> columns;  // with the widest type that they have had
    std::unordered_set<std::string> keys;
  };
  Status ReadVector(storage::Storage& storage, const iceberg::DataFile& vector, int64_t rows);
  Status ReadPositions(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                       const iceberg::DataFile& file, const std::string& data_file);
  Status ReadEqualities(std::shared_ptr<storage::Storage> storage, const iceberg::TableMetadata& metadata,
                        const iceberg::DataFile& file);

  std::vector<int64_t> positions_;  // sorted
  std::vector<Equality> equalities_;
};

}  // namespace ingot::rows
