// Functions that all stages use: they create and evolve tables, write rows to files, and commit with marks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/relation.h"
#include "iceberg/table.h"
#include "rows/table_writer.h"
#include "stage/environment.h"
#include "stage/marks.h"
#include "stage/report.h"

namespace ingot::stage {

/// Loads the table, or creates it if it does not exist. Adds missing columns. Does not change the partition of an
/// existing table.
Result<iceberg::Table> EnsureTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

/// Changes the format, properties and columns of the table to those of the pipeline file. Its partition and sort order
/// apply to new files; existing files are unchanged. Creates the table if it does not exist.
Result<iceberg::Table> EvolveTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

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

/// The mark of a table after it has consumed `source` up to `until`. Input: `before`: its current mark.
Mark NextMark(const Environment& environment, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until);

/// Adds the mark to the change: to its summary, and to the table's properties in case another engine expires the
/// snapshot.
void PutMark(iceberg::SnapshotChange& change, const Mark& mark);

/// A change that appends the files with the mark. The commit fails with kConflict if another run has moved the mark of
/// `table`, or if the step is being reverted.
iceberg::SnapshotChange MarkedChange(const iceberg::Table& table, std::vector<iceberg::DataFile> files,
                                     const Mark& mark);

}  // namespace ingot::stage
