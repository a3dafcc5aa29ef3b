// Plans scans and reads rows: selects the data files of a snapshot, finds the deletes that apply, and converts the
// files' columns to the table's.
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
  std::optional<iceberg::SnapshotId> snapshot_id;  // default: the current snapshot
  bool current_schema = false;                     // also for an older snapshot, instead of its own
  std::vector<std::string> columns;                // top-level names; all when empty
  iceberg::Filter filter;                          // prunes files and row groups; rows without a match may remain
};

/// One data file, or a part of it, with the delete files that apply to it.
struct FileTask {
  iceberg::DataFile file;
  iceberg::SequenceNumber sequence_number = 0;
  std::vector<iceberg::DataFile> deletes;
  /// Reads only this row group; the last task of a split also reads all row groups that follow.
  std::optional<size_t> row_group;
  bool dictionaries = false;  // text may be returned as Arrow dictionaries if the file has it so
};

struct ScanPlan {
  iceberg::Schema projection;
  iceberg::Schema schema;  // all columns, to which the filter refers
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

/// Plans the data files that the given snapshots (ancestors of the current one) appended, without deletes: the rows as
/// they were ingested. Later deletes do not hide rows that a consumer must see once. `filter` prunes files.
Result<ScanPlan> PlanAppends(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                             const std::vector<const iceberg::Snapshot*>& snapshots,
                             const std::vector<std::string>& columns, const iceberg::Filter& filter = {});

/// Splits the task into parts that can be read in parallel, one per row group, by the file's split offsets.
std::vector<FileTask> Split(const FileTask& task);

/// The parts of all tasks, without row groups in which no row can match the plan's filter.
Result<std::vector<FileTask>> PartsOf(storage::Storage& storage, const ScanPlan& plan);

/// Reads the rows of one task as batches of the projection. Keeps at most one row group in memory.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTask(std::shared_ptr<storage::Storage> storage,
                                                           const iceberg::TableMetadata& metadata,
                                                           const iceberg::Schema& projection, const FileTask& task);

}  // namespace ingot::rows
