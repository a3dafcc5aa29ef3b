#include "maintain/rewrite_deletes.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/fault.h"
#include "base/retry.h"
#include "iceberg/lineage.h"
#include "iceberg/row_delete_writer.h"
#include "iceberg/row_deletes.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::FileTask;
using iceberg::ScanPlan;
using iceberg::Table;
using iceberg::TableMetadata;

/// The position delete files of a partition that are worth writing anew, and the data files that are live there.
struct Group {
  std::vector<const DataFile*> deletes;
  std::vector<const FileTask*> tasks;
};

std::vector<Group> GroupsOf(const TableMetadata& metadata, const ScanPlan& plan, const RewriteDeletesOptions& options) {
  std::map<std::string, Group> partitions;
  for (const DataFile& file : plan.deletes)
    if (file.content == iceberg::FileContent::kPositionDeletes && !file.IsDeletionVector())
      partitions[PartitionKey(file)].deletes.push_back(&file);
  for (const FileTask& task : plan.tasks) {
    const auto group = partitions.find(PartitionKey(task.file));
    if (group != partitions.end()) group->second.tasks.push_back(&task);
  }
  const size_t files_min = metadata.format_version >= 3 ? 1 : options.files_min;
  std::vector<Group> groups;
  for (auto& [key, group] : partitions)
    if (group.deletes.size() >= files_min) groups.push_back(std::move(group));
  return groups;
}

/// Adds what the group's delete files hold of files that are live and have no deletion vector, which holds it already.
Status PositionsOf(const Table& table, const Group& group, std::vector<iceberg::DeletedRows>& rows) {
  std::map<std::string, std::vector<int64_t>, std::less<>> positions;
  for (const FileTask* task : group.tasks)
    if (std::ranges::none_of(task->deletes, &DataFile::IsDeletionVector)) positions[task->file.location];
  for (const DataFile* file : group.deletes)
    INGOT_TRY(iceberg::ForEachDeletedPosition(table.home.storage, *table.metadata, *file,
                                              [&](std::string_view path, int64_t position) {
                                                const auto of = positions.find(path);
                                                if (of != positions.end()) of->second.push_back(position);
                                              }));
  for (const FileTask* task : group.tasks) {
    auto& of = positions[task->file.location];
    if (of.empty()) continue;
    std::ranges::sort(of);
    of.erase(std::ranges::unique(of).begin(), of.end());
    rows.push_back({task, std::move(of)});
  }
  return {};
}

}  // namespace

Result<DeletesRewritten> RewriteDeletes(const iceberg::TableHome& home, const RewriteDeletesOptions& options) {
  Backoff backoff;
  while (true) {
    INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
    INGOT_ASSIGN(const ScanPlan plan, iceberg::PlanScan(*table.home.storage, *table.metadata, {}));
    const auto groups = GroupsOf(*table.metadata, plan, options);
    DeletesRewritten done;
    std::set<std::string> old;
    for (const Group& group : groups)
      for (const DataFile* file : group.deletes) old.insert(file->location);
    done.files_in = int64_t(old.size());
    if (old.empty() || options.dry_run) return done;
    std::vector<iceberg::DeletedRows> rows;
    for (const Group& group : groups) INGOT_TRY(PositionsOf(table, group, rows));
    INGOT_ASSIGN(auto written, iceberg::WriteRowDeletes(table.home.storage, *table.metadata, rows));
    INGOT_TRY(FaultPoint("rewrite_deletes.after_files"));
    done.files_out = int64_t(written.files.size());
    iceberg::SnapshotChange change{.operation = "replace", .added = written.files};
    change.removes = [&](const DataFile& file) -> Result<bool> { return old.contains(file.location); };
    change.validate = [&](const TableMetadata& metadata) -> Status {
      if (iceberg::OnlyAppended(metadata, table.metadata->current_snapshot_id)) return {};
      return Fail(ErrorKind::kConflict, "files were changed while their deletes were rewritten");
    };
    const auto committed = iceberg::CommitSnapshot(table.home, change);
    if (committed) return done;
    if (committed.error().kind != ErrorKind::kOutcomeUnknown)
      for (const DataFile& file : written.files) (void)table.home.storage->Delete(file.location);
    if (committed.error().kind != ErrorKind::kConflict || !backoff.Wait()) return std::unexpected(committed.error());
  }
}

}  // namespace ingot::maintain
