// The rows of bronze that silver has not consumed: those that were appended; and, where another engine deleted or
// overwrote rows meanwhile, those that are there now and were not there then, by their positions in the source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "silver/positions.h"
#include "stage/changes.h"
#include "stage/stage.h"

namespace ingot::silver {

class NewRows {
 public:
  /// Reads the positions of consumed rows that were rewritten, if any: 8 bytes a row. Errors: kUnsupported when they
  /// are more than half of the memory budget.
  static Result<NewRows> Find(const stage::Environment& environment, const iceberg::Table& bronze,
                              const stage::Changes& changes);

  /// The files that hold them, with these columns, and those that Of needs.
  Result<rows::ScanPlan> Plan(std::vector<std::string> columns) const;

  /// Of a batch of that plan the rows that are new. Safe from several threads. Errors: kUnsupported where rows without
  /// a position were rewritten: they cannot be told apart.
  Result<std::shared_ptr<arrow::RecordBatch>> Of(const std::shared_ptr<arrow::RecordBatch>& rows) const;

 private:
  NewRows(const iceberg::Table& bronze, const stage::Changes& changes) : bronze_(&bronze), changes_(&changes) {}

  const iceberg::Table* bronze_;
  const stage::Changes* changes_;
  std::unique_ptr<SourcePositions> consumed_;  // of rewritten files; nothing when none was
};

}  // namespace ingot::silver
