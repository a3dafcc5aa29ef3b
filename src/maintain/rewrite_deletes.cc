#include "maintain/rewrite_deletes.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/fault.h"
#include "iceberg/commit.h"
#include "iceberg/summary.h"
#include "rows/row_delete_writer.h"
#include "rows/row_deletes.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using rows::FileTask;
using rows::ScanPlan;

/// Position delete files of a partition that are worth rewriting.
using Group = std::vector<const DataFile*>;

std::vector<Group> GroupsOf(const TableMetadata& metadata, const ScanPlan& plan, const RewriteDeletesOptions& options) {
  std::map<std::string, Group> partitions;
  for (const DataFile& file : plan.deletes)
    if (file.content == iceberg::FileContent::kPositionDeletes && !file.IsDeletionVector())
      partitions[PartitionKey(file)].push_back(&file);
  const size_t files_min = metadata.format_version >= 3 ? 1 : options.files_min;
  std::vector<Group> groups;
  for (auto& [key, group] : partitions)
    if (group.size() >= files_min) groups.push_back(std::move(group));
  return groups;
}

/// The positions in the delete files `old`, for the data files to which they apply in any partition. Data files with a
/// deletion vector need none: the vector replaces their position delete files (DropSuperseded).
Result<std::vector<rows::DeletedRows>> PositionsOf(const Table& table, const ScanPlan& plan,
                                                   const std::map<std::string, const DataFile*>& old) {
  std::map<std::string, std::set<std::string, std::less<>>> applies;  // delete file to its data files
  for (const FileTask& task : plan.tasks)
    for (const DataFile& file : task.deletes)
      if (old.contains(file.location) && !file.IsDeletionVector()) applies[file.location].insert(task.file.location);
  std::map<std::string, std::vector<int64_t>, std::less<>> positions;
  for (const auto& [location, of] : applies) {
    std::string last;  // rows are sorted by data file
    std::vector<int64_t>* into = nullptr;
    const auto use = [&, &of = of](std::string_view path, int64_t position) {
      if (path != last) {
        last = path;
        auto file = of.find(path);
        if (file == of.end())
          file = std::ranges::find_if(of, [&](const std::string& live) { return rows::NamesFile(path, live); });
        into = file == of.end() ? nullptr : &positions[*file];
      }
      if (into != nullptr) into->push_back(position);
    };
    INGOT_TRY(rows::ForEachDeletedPosition(table.home.storage, *table.metadata, *old.at(location), use));
  }
  std::vector<rows::DeletedRows> rows;
  for (const FileTask& task : plan.tasks) {
    const auto of = positions.find(task.file.location);
    if (of == positions.end()) continue;
    std::ranges::sort(of->second);
    of->second.erase(std::ranges::unique(of->second).begin(), of->second.end());
    rows.push_back({&task, std::move(of->second)});
    positions.erase(of);
  }
  return rows;
}

}  // namespace

Result<DeletesRewritten> RewriteDeletes(const iceberg::TableHome& home, const RewriteDeletesOptions& options) {
  return iceberg::RetryOnConflict(home, [&](const Table& table) -> Result<DeletesRewritten> {
    INGOT_ASSIGN(const ScanPlan plan, rows::PlanScan(*table.home.storage, *table.metadata, {}));
    const auto groups = GroupsOf(*table.metadata, plan, options);
    DeletesRewritten done;
    std::map<std::string, const DataFile*> old;
    for (const Group& group : groups)
      for (const DataFile* file : group) old[file->location] = file;
    done.files_in = int64_t(old.size());
    if (old.empty() || options.dry_run) return done;
    INGOT_ASSIGN(const auto rows, PositionsOf(table, plan, old));
    INGOT_ASSIGN(auto written, rows::WriteRowDeletes(table.home.storage, *table.metadata, rows));
    INGOT_TRY(FaultPoint("rewrite_deletes.after_files"));
    done.files_out = int64_t(written.files.size());
    iceberg::SnapshotChange change{.operation = "replace", .added = written.files};
    change.removes = [&](const DataFile& file) -> Result<bool> { return old.contains(file.location); };
    change.validate = [&](const TableMetadata& metadata) -> Status {
      if (iceberg::OnlyAppended(metadata, table.metadata->current_snapshot_id)) return {};
      return Fail(ErrorKind::kConflict, "files were changed while their deletes were rewritten");
    };
    INGOT_TRY(iceberg::CommitFiles(table.home, change));
    return done;
  });
}

}  // namespace ingot::maintain
