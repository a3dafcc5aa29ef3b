// Finds the bronze rows that silver has not consumed: the appended rows.
// If another engine deleted or overwrote rows meanwhile, these are the current rows that did not exist before, by their
// positions in the source. If silver follows such changes, rows with other values than before count as new.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "silver/changed_rows.h"
#include "stage/changes.h"
#include "stage/stage.h"

namespace ingot::silver {

class NewRows {
 public:
  /// Reads the positions of consumed rows that were rewritten, if any: 8 bytes per row. With `follow`, see
  /// FindChangedRows. Errors: kUnsupported when they exceed half of the memory budget, and when rows without a position
  /// replaced others.
  static Result<NewRows> Find(const stage::Environment& environment, const iceberg::Table& bronze,
                              const stage::Changes& changes, bool follow);

  /// Plans a scan of the files with new rows, with these columns and those that Of needs. `filter` prunes files.
  Result<rows::ScanPlan> Plan(std::vector<std::string> columns, const iceberg::Filter& filter = {}) const;
  /// Plans a scan of all other files.
  Result<rows::ScanPlan> PlanOthers(const std::vector<std::string>& columns) const;

  /// Returns the new rows of a batch of that plan. Thread-safe. Errors: kUnsupported when rows without a position were
  /// rewritten, because they cannot be distinguished.
  Result<std::shared_ptr<arrow::RecordBatch>> Of(const std::shared_ptr<arrow::RecordBatch>& rows) const;

  /// Whether each row of such a batch is new.
  Result<std::vector<bool>> AreNew(const arrow::RecordBatch& rows) const;

  /// The rows that were deleted or changed, if silver follows that; else nullptr.
  std::shared_ptr<const ChangedRows> Changed() const { return changed_; }

 private:
  NewRows(const iceberg::Table& bronze, const stage::Changes& changes) : bronze_(&bronze), changes_(&changes) {}

  const iceberg::Table* bronze_;
  const stage::Changes* changes_;
  std::shared_ptr<const SourcePositions> consumed_;  // positions in rewritten files; nullptr without such files
  std::shared_ptr<const ChangedRows> changed_;
};

}  // namespace ingot::silver
