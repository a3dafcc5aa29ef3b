// Rows as files store them: deleted rows and dropped columns included. Erasing must find values that no scan returns.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/table.h"
#include "rows/scan.h"

namespace ingot::maintain {

/// Files in which no erased row was found. Files never change.
class CleanFiles {
 public:
  bool Has(const std::string& key) {
    std::lock_guard lock(mutex_);
    return keys_.contains(key);
  }
  void Add(const std::string& key) {
    std::lock_guard lock(mutex_);
    keys_.insert(key);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> keys_;
};

/// What to erase. All functions are called by several threads.
struct EraseSearch {
  /// Why each row must go; 0: it stays. Input: decoded columns of the table, found by name; any may be missing.
  std::function<Result<std::vector<uint8_t>>(const arrow::RecordBatch&)> rows;
  /// Whether bytes that are no rows hold an erased value: metadata, paths, statistics.
  std::function<bool(std::string_view)> bytes;
  /// Matches every row for which `rows` evaluates columns. Prunes files that exist no more.
  iceberg::Filter filter = {};
  /// A column that holds an erased value in a row that `rows` lets stay; empty if there is none.
  std::function<std::string(const arrow::RecordBatch&)> other_column = {};
  std::shared_ptr<CleanFiles> clean = {};  // these files are not read again; nullptr: every file is read
};

/// All columns that the table has had, all optional. A former column whose name is taken has the name "name#id".
iceberg::Schema StoredColumns(const iceberg::TableMetadata& metadata);

using UseBatch = std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>;

/// Reads the columns of all rows of a data or delete file.
Status ForEachStoredBatch(const iceberg::Table& table, const iceberg::Schema& columns, const iceberg::DataFile& file,
                          const UseBatch& use);

/// Whether the file stores a row that `search` finds. Position delete files have none, but may have a path that
/// `search` finds. A deletion vector has neither.
Result<bool> StoresErased(const iceberg::Table& table, const iceberg::DataFile& file, const EraseSearch& search);

}  // namespace ingot::maintain
