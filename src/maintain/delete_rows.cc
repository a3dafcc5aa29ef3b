#include "maintain/delete_rows.h"

#include <arrow/builder.h>

#include <mutex>
#include <set>

#include "base/arrow_result.h"
#include "base/fault.h"
#include "base/parallel.h"
#include "iceberg/commit.h"
#include "iceberg/metadata_columns.h"
#include "iceberg/summary.h"
#include "rows/row_delete_writer.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using rows::FileTask;
using rows::ScanPlan;

/// The rows and files to delete from the state that was read.
struct Chosen {
  std::vector<rows::DeletedRows> rows;  // of files with remaining rows
  std::set<std::string> files;          // files without remaining rows
  int64_t count = 0;
};

/// Whether the metrics of the file show that the condition is true for each of its rows.
bool MatchesWhole(const Table& table, const ScanPlan& plan, const FileTask& task, const DeleteRowsOptions& options) {
  const auto* spec = table.metadata->SpecById(task.file.spec_id);
  return options.filter_is_condition && spec != nullptr && plan.filter.MustMatchFile(task.file, *spec, plan.schema);
}

Status ChooseFrom(const Table& table, const iceberg::Schema& projection, const FileTask& task,
                  const DeleteRowsOptions& options, std::mutex& mutex, Chosen& chosen) {
  INGOT_ASSIGN(const auto reader, rows::OpenTask(table.home.storage, *table.metadata, projection, task));
  std::vector<int64_t> deleted;
  int64_t live = 0;
  while (true) {
    INGOT_ARROW_ASSIGN(auto batch, reader->Next());
    if (batch == nullptr) break;
    const int last = batch->num_columns() - 1;
    const auto& positions = static_cast<const arrow::Int64Array&>(*batch->column(last));
    INGOT_ARROW_ASSIGN(const auto columns, batch->RemoveColumn(last));
    INGOT_ASSIGN(const auto matches, options.matches(columns));
    const auto& matched = static_cast<const arrow::BooleanArray&>(*matches);
    for (int64_t row = 0; row < batch->num_rows(); ++row)
      if (matched.IsValid(row) && matched.Value(row)) deleted.push_back(positions.Value(row));
    live += batch->num_rows();
    options.progress(batch->num_rows());
  }
  if (deleted.empty()) return {};
  std::lock_guard lock(mutex);
  chosen.count += int64_t(deleted.size());
  if (int64_t(deleted.size()) == live)
    chosen.files.insert(task.file.location);
  else
    chosen.rows.push_back({&task, std::move(deleted)});
  return {};
}

Result<Chosen> Choose(const Table& table, const ScanPlan& plan, const DeleteRowsOptions& options) {
  iceberg::Schema projection = plan.projection;
  projection.fields.push_back(iceberg::RowPositionColumn());
  Chosen chosen;
  std::mutex mutex;
  INGOT_TRY(ForEachInParallel(options.threads, plan.tasks.size(), [&](size_t, size_t i) -> Status {
    if (const FileTask& task = plan.tasks[i]; MatchesWhole(table, plan, task, options)) {
      std::lock_guard lock(mutex);
      chosen.files.insert(task.file.location);
      chosen.count += task.file.record_count;
      return {};
    }
    return ChooseFrom(table, projection, plan.tasks[i], options, mutex, chosen);
  }));
  return chosen;
}

/// Errors: kConflict if the table had other changes than appends.
Status Commit(const Table& table, const Chosen& chosen, const DeleteRowsOptions& options) {
  INGOT_ASSIGN(auto deletes, rows::WriteRowDeletes(table.home.storage, *table.metadata, chosen.rows));
  INGOT_TRY(FaultPoint("delete_rows.after_files"));
  iceberg::SnapshotChange change{.operation = options.replacements.empty() ? "delete" : "overwrite",
                                 .added = options.replacements};
  change.added.insert(change.added.end(), deletes.files.begin(), deletes.files.end());
  change.removes = [&](const DataFile& file) -> Result<bool> {
    return chosen.files.contains(file.location) || deletes.replaced.contains(file.Key());
  };
  change.validate = [&](const TableMetadata& metadata) -> Status {
    if (options.validate) INGOT_TRY(options.validate(metadata));
    if (metadata.current_snapshot_id == table.metadata->current_snapshot_id ||
        iceberg::OnlyAppended(metadata, table.metadata->current_snapshot_id))
      return {};
    return Fail(ErrorKind::kConflict, "the table was changed while rows were deleted from it");
  };
  if (options.amend) options.amend(change);
  const auto committed = iceberg::CommitSnapshot(table.home, change);
  if (committed) return {};
  iceberg::DiscardUnlessUnknown(*table.home.storage, iceberg::LocationsOf(deletes.files), committed.error());
  return std::unexpected(committed.error());
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> ToBooleans(const std::vector<bool>& matches) {
  arrow::BooleanBuilder builder;
  INGOT_ARROW(builder.AppendValues(matches));
  std::shared_ptr<arrow::Array> array;
  INGOT_ARROW(builder.Finish(&array));
  return array;
}

Result<RowsDeleted> DeleteRowsOf(const Table& table, const DeleteRowsOptions& options) {
  if (options.validate) INGOT_TRY(options.validate(*table.metadata));
  INGOT_ASSIGN(const ScanPlan plan, rows::PlanScan(*table.home.storage, *table.metadata,
                                                   {.columns = options.columns, .filter = options.filter}));
  INGOT_ASSIGN(const Chosen chosen, Choose(table, plan, options));
  const RowsDeleted done{.rows = chosen.count,
                         .files_removed = int64_t(chosen.files.size()),
                         .files_with_deletes = int64_t(chosen.rows.size())};
  const bool nothing = chosen.count == 0 && options.replacements.empty() && !options.amend;
  if (options.dry_run || nothing) return done;
  INGOT_TRY(Commit(table, chosen, options));
  return done;
}

Result<RowsDeleted> DeleteRows(const iceberg::TableHome& home, const DeleteRowsOptions& options) {
  return iceberg::RetryOnConflict(home, [&](const Table& table) { return DeleteRowsOf(table, options); });
}

}  // namespace ingot::maintain
