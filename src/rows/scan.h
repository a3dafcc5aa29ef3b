// From a snapshot to rows: which files hold them, which deletes apply, and the files read as the table's columns.
// Source: Iceberg specification, "Scan Planning", "Row-level Deletes", "Column Projection".
#pragma once

#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/filter.h"
#include "iceberg/manifest.h"

namespace ingot::rows {

struct ScanOptions {
  std::optional<iceberg::SnapshotId> snapshot_id;  // the current one when absent
  bool current_schema = false;                     // of a snapshot of the past, too
  std::vector<std::string> columns;                // top-level names; all when empty
  iceberg::Filter filter;                          // prunes files and row groups: rows that do not match may still come
};

/// One data file, or a part of it, with the delete files that apply to it.
struct FileTask {
  iceberg::DataFile file;
  iceberg::SequenceNumber sequence_number = 0;
  std::vector<iceberg::DataFile> deletes;
  /// The row group of this number only; as the last of a split, all that follow too.
  std::optional<size_t> row_group;
  bool dictionaries = false;  // text may come as Arrow dictionaries, where that is how the file has it
};

struct ScanPlan {
  iceberg::Schema projection;
  iceberg::Schema schema;  // of the rows as a whole, which the filter looks at
  iceberg::BoundFilter filter;
  std::vector<FileTask> tasks;
  std::vector<iceberg::DataFile> deletes;  // all delete files, whether or not they apply to a task
  int64_t manifests_read = 0;
  int64_t manifests_pruned = 0;
  int64_t files_pruned = 0;

  int64_t RecordCount() const;  // before deletes
};

/// Errors: kNotFound for an unknown snapshot; kUnsupported for deletes that this version cannot apply.
Result<ScanPlan> PlanScan(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                          const ScanOptions& options);

/// The files that the given snapshots (ancestors of the current one) added by appending, without any deletes: the rows
/// as they were ingested. Deletes by others do not undo what a consumer downstream has to see once. `filter` prunes
/// files.
Result<ScanPlan> PlanAppends(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                             const std::vector<const iceberg::Snapshot*>& snapshots,
                             const std::vector<std::string>& columns, const iceberg::Filter& filter = {});

/// The task as parts that can be read in parallel, one a row group, by the file's split offsets.
std::vector<FileTask> Split(const FileTask& task);

/// All tasks of the plan as such parts, without the row groups in which no row matches its filter.
Result<std::vector<FileTask>> PartsOf(storage::Storage& storage, const ScanPlan& plan);

/// The rows of one task, as batches of the plan's projection. Keeps at most one row group in memory.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTask(std::shared_ptr<storage::Storage> storage,
                                                           const iceberg::TableMetadata& metadata,
                                                           const iceberg::Schema& projection, const FileTask& task);

/// All rows of a plan, task after task.
Result<std::shared_ptr<arrow::Table>> ReadAll(std::shared_ptr<storage::Storage> storage,
                                              const iceberg::TableMetadata& metadata, const ScanPlan& plan);

}  // namespace ingot::rows
