// Deletes rows without rewriting their data files: position delete files in tables of format 2, deletion vectors in
// format 3. Source: Iceberg specification, "Row-level Deletes", "Deletion Vectors".
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rows/scan.h"

namespace ingot::rows {

/// Rows of one data file, as ascending positions.
struct DeletedRows {
  const FileTask* task = nullptr;
  std::vector<int64_t> positions;
};

struct WrittenDeletes {
  std::vector<iceberg::DataFile> files;
  /// DataFile::Key of older delete files to remove in the same commit, since a data file may have only one deletion
  /// vector.
  std::set<std::string> replaced;
};

/// Writes delete files for the rows. In format 3 they include the positions in older delete files of these data files.
/// Deletes its files after an error.
Result<WrittenDeletes> WriteRowDeletes(std::shared_ptr<storage::Storage> storage,
                                       const iceberg::TableMetadata& metadata, const std::vector<DeletedRows>& rows);

/// Writes one position delete file in the partition of the first row's data file.
/// Input: at least one data file, each with at least one position.
Result<iceberg::DataFile> WritePositionDeletes(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                                               const std::vector<DeletedRows>& rows);

}  // namespace ingot::rows
