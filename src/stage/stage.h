// What the stages share: tables that are created or evolved, rows on their way into files, commits with marks.
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

/// Loads the table; makes it when it does not exist, adds columns that it lacks. The partition of a table that exists
/// stays.
Result<iceberg::Table> EnsureTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

/// Brings the table to what the pipeline file says: its format, properties and columns, and from now on its partition
/// and sort order. What is there stays as it is. Makes the table when it does not exist.
Result<iceberg::Table> EvolveTable(const Environment& environment, const pipeline::TableSpec& spec,
                                   const iceberg::Schema& schema);

struct WrittenRows {
  std::vector<iceberg::DataFile> files;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// Rows on their way into files of a table, brought to its columns. Files that Finish did not return are deleted.
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

/// What a table will say of itself once it has consumed `source` up to `until`; before, it said `before`.
Mark NextMark(const Environment& environment, const Mark& before, const iceberg::Table& source,
              iceberg::SnapshotId until);

/// The change carries the mark: in its summary, and among the table's properties, for the case that another engine
/// expires the snapshot.
void PutMark(iceberg::SnapshotChange& change, const Mark& mark);

/// Adds the files with the mark. It moves only from where it is in `table`, and not by a step that is taken back:
/// another run that was first makes this one lose with kConflict.
iceberg::SnapshotChange MarkedChange(const iceberg::Table& table, std::vector<iceberg::DataFile> files,
                                     const Mark& mark);

}  // namespace ingot::stage
