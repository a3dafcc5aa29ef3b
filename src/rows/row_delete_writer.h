// Deleting rows without writing their files anew: position delete files in tables of format 2, deletion vectors in
// tables of format 3. Source: Iceberg specification, "Row-level Deletes", "Deletion Vectors".
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rows/scan.h"

namespace ingot::rows {

/// Rows of one data file, by their place in it, ascending.
struct DeletedRows {
  const FileTask* task = nullptr;
  std::vector<int64_t> positions;
};

struct WrittenDeletes {
  std::vector<iceberg::DataFile> files;
  /// DataFile::Key of delete files that are to go in the same commit: a data file has one vector at most.
  std::set<std::string> replaced;
};

/// Writes delete files for the rows. In format 3 they hold what older ones of these data files hold by position, too.
/// Nothing is left behind after an error.
Result<WrittenDeletes> WriteRowDeletes(std::shared_ptr<storage::Storage> storage,
                                       const iceberg::TableMetadata& metadata, const std::vector<DeletedRows>& rows);

}  // namespace ingot::rows
