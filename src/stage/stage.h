// Functions that all stages use: they create and evolve tables, write rows to files, and commit with marks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/relation.h"
#include "iceberg/table.h"
#include "pipeline/tables.h"
#include "rows/table_writer.h"
#include "stage/environment.h"
#include "stage/marks.h"
#include "stage/report.h"

namespace ingot::stage {

/// A table as the pipeline file wants it.
struct WantedTable {
  const pipeline::TableSpec& spec;
  iceberg::Schema schema;
  std::string definition;  // pipeline/definition.h; empty for ops tables
};
/// Loads the table, or creates it with its definition if it does not exist. Adds missing columns. Does not change the
/// partition of an existing table. Errors: kPendingChange, before anything changes, if the table has another
/// definition.
Result<iceberg::Table> EnsureTable(const Environment& environment, const WantedTable& wanted);

struct WrittenRows {
  std::vector<iceberg::DataFile> files;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// Writes rows to files of a table, with the table's columns. Files that Finish did not return are deleted.
class RowWriter {
 public:
  static Result<RowWriter> Open(const Environment& environment, const iceberg::Table& table);
  RowWriter(RowWriter&&) = default;
  RowWriter& operator=(RowWriter&&) = default;
  ~RowWriter();

  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows);
  Result<WrittenRows> Finish();

 private:
  RowWriter() = default;
  std::unique_ptr<rows::TableWriter> writer_;
  std::shared_ptr<const iceberg::TableMetadata> metadata_;
  int64_t rows_ = 0;
};

/// The mark of a table after it has consumed `source` up to `until`. Input: `before`: its current mark; `definition`:
/// what computes the rows.
Mark NextMark(const Environment& environment, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until, const std::string& definition);

/// Adds the mark to the change: to its summary, and to the table's properties in case another engine expires the
/// snapshot.
void PutMark(iceberg::SnapshotChange& change, const Mark& mark);

/// A change that appends the files with the mark. The commit fails with kConflict if another run has moved the mark of
/// `table`, if the step is being reverted, or if rows were replayed since; with kPendingChange if the table has another
/// definition.
iceberg::SnapshotChange MarkedChange(const iceberg::Table& table, std::vector<iceberg::DataFile> files,
                                     const Mark& mark, const std::string& definition);

}  // namespace ingot::stage
