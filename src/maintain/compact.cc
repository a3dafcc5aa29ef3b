#include "maintain/compact.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/fault.h"
#include "base/parallel.h"
#include "iceberg/commit.h"
#include "iceberg/summary.h"
#include "maintain/applied_deletes.h"
#include "maintain/needed_files.h"
#include "maintain/rewrite.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using iceberg::TableMetadata;
using rows::FileTask;
using rows::ScanPlan;

struct Rewritten {
  Bin bin;
  std::vector<DataFile> files;
};

/// Errors: kCorrupt for a data file that is referenced twice: rewriting it would make its duplicate rows permanent.
Status CheckNamedOnce(const ScanPlan& plan, const std::string& table) {
  std::set<std::string_view> seen;
  for (const FileTask& task : plan.tasks)
    if (!seen.insert(task.file.location).second)
      return Fail(ErrorKind::kCorrupt, "table " + table + " references a data file twice: " + task.file.location +
                                           "; repair it first: ingot doctor " + table + " --repair");
  return {};
}

/// Whether the rewritten files of a bin can still replace its files: they are live, and only equality deletes were
/// added to them. Those apply to the new files too, as these get the sequence number of the state that was read.
bool IsStillValid(const Bin& bin, const std::map<std::string, const FileTask*>& live) {
  return std::ranges::all_of(bin.tasks, [&](const FileTask& task) {
    const auto now = live.find(task.file.location);
    return now != live.end() && DeletesOf(*now->second, true) == DeletesOf(task, true) &&
           std::ranges::includes(DeletesOf(*now->second, false), DeletesOf(task, false));
  });
}

void Replace(const Bin& bin, Replaced& replaced) {
  for (const FileTask& task : bin.tasks) replaced[task.file.location] = DeletesOf(task, false);
}

/// Loads all metrics of the files to rewrite; the plan only has those that pruning needs.
Status LoadMetrics(const Table& table, std::vector<Bin>& bins) {
  std::map<std::string_view, FileTask*> wanted;
  for (Bin& bin : bins)
    for (FileTask& task : bin.tasks) wanted[task.file.location] = &task;
  if (wanted.empty()) return {};
  INGOT_ASSIGN(const auto manifests,
               iceberg::ReadManifestList(*table.home.storage, *table.metadata->CurrentSnapshot()));
  std::vector<DataFile> found;
  std::mutex mutex;
  INGOT_TRY(ForEachInParallel(kStorageThreads, manifests.size(), [&](size_t, size_t i) -> Status {
    if (manifests[i].holds_deletes || !manifests[i].MayHaveLiveFiles()) return {};
    INGOT_ASSIGN(auto entries, iceberg::ReadManifest(*table.home.storage, manifests[i], *table.metadata));
    std::lock_guard lock(mutex);
    for (auto& entry : entries)
      if (entry.status != iceberg::EntryStatus::kDeleted && wanted.contains(entry.file.location))
        found.push_back(std::move(entry.file));
    return {};
  }));
  for (DataFile& file : found) {
    FileTask* task = wanted.find(file.location)->second;
    wanted.erase(file.location);
    task->file = std::move(file);
  }
  return {};
}

class Compaction {
 public:
  Compaction(Table table, const CompactOptions& options)
      : read_from_(std::move(table)), options_(options), table_(read_from_) {}

  Result<Compacted> Run() {
    INGOT_ASSIGN(const ScanPlan plan, rows::PlanScan(*table_.home.storage, *table_.metadata, {}));
    if (options_.dry_run) return EstimateCompaction(table_, plan, options_.policy);
    INGOT_TRY(CheckNamedOnce(plan, table_.home.name.Text()));
    auto bins = PlanBins(*table_.metadata, plan.tasks, options_.policy);
    done_.bins = int64_t(bins.size());
    INGOT_TRY(LoadMetrics(table_, bins));
    const auto sort_by = options_.sort_by.empty() ? table_.metadata->DefaultSort() : options_.sort_by;
    const int side_by_side = sort_by.empty() ? options_.threads : 1;
    const RewriteOptions rewrite{.file_bytes_target = options_.policy.file_bytes_target,
                                 .buffered_bytes_max = options_.memory_bytes / 4 / std::max(1, side_by_side),
                                 .sort_by = sort_by,
                                 .sorted_bytes_max = options_.memory_bytes / 4,
                                 .progress = options_.progress};
    const Status rewritten = ForEachInParallel(side_by_side, bins.size(), [&](size_t, size_t i) -> Status {
      if (options_.stop_requested()) return {};
      INGOT_ASSIGN(auto files, RewriteBin(read_from_, plan.projection, bins[i], rewrite));
      INGOT_TRY(FaultPoint("compact.after_files"));
      std::lock_guard lock(mutex_);
      ready_bytes_ += bins[i].bytes;
      ready_.push_back({std::move(bins[i]), std::move(files)});
      return ready_bytes_ >= options_.bytes_per_commit ? Commit() : Status();
    });
    // Finished bins are committed even if another bin failed.
    const Status committed = ready_.empty() && !(bins.empty() && !plan.deletes.empty()) ? Status() : Commit();
    INGOT_TRY(rewritten);
    INGOT_TRY(committed);
    return done_;
  }

 private:
  /// Commits what is ready; drops what does not hold any more.
  Status Commit() {
    ready_bytes_ = 0;
    Status committed = iceberg::RetryOnConflict(table_.home, [&](const Table& newest) { return CommitOn(newest); });
    if (committed) return committed;
    for (const Rewritten& rewritten : ready_)
      iceberg::DiscardUnlessUnknown(*table_.home.storage, iceberg::LocationsOf(rewritten.files), committed.error());
    ready_.clear();
    return committed;
  }

  Status CommitOn(const Table& newest) {
    table_ = newest;
    INGOT_ASSIGN(const ScanPlan now, rows::PlanScan(*table_.home.storage, *table_.metadata, {}));
    DropOutdated(now);
    iceberg::SnapshotChange change{.operation = "replace",
                                   .added_sequence_number = read_from_.metadata->last_sequence_number};
    Replaced replaced;
    for (const Rewritten& rewritten : ready_) {
      Replace(rewritten.bin, replaced);
      std::ranges::copy(rewritten.files, std::back_inserter(change.added));
    }
    const auto unneeded = UnneededDeletes(now, replaced);
    if (replaced.empty() && unneeded.empty()) return {};
    change.removes = [&](const DataFile& file) -> Result<bool> {
      return replaced.contains(file.location) || unneeded.contains(file.Key());
    };
    change.validate = [&](const TableMetadata& metadata) -> Status {
      if (iceberg::OnlyAppended(metadata, table_.metadata->current_snapshot_id)) return {};
      return Fail(ErrorKind::kConflict, "files were changed while they were compacted");
    };
    // The files outlive a conflict: they are committed again on the newer state.
    INGOT_ASSIGN(table_, iceberg::CommitSnapshot(table_.home, change));
    Count(replaced.size(), unneeded.size());
    return FaultPoint("compact.after_commit");
  }

  void DropOutdated(const ScanPlan& now) {
    std::map<std::string, const FileTask*> live;
    for (const FileTask& task : now.tasks) live[task.file.location] = &task;
    std::erase_if(ready_, [&](const Rewritten& rewritten) {
      if (IsStillValid(rewritten.bin, live)) return false;
      ++done_.bins_dropped;
      iceberg::Discard(*table_.home.storage, iceberg::LocationsOf(rewritten.files));
      return true;
    });
  }

  void Count(size_t files_in, size_t deletes) {
    ++done_.commits;
    done_.files_in += int64_t(files_in);
    done_.deletes_removed += int64_t(deletes);
    for (const Rewritten& rewritten : ready_) {
      done_.bytes_in += rewritten.bin.bytes;
      for (const DataFile& file : rewritten.files) {
        ++done_.files_out;
        done_.bytes_out += file.file_bytes;
        done_.rows += file.record_count;
      }
    }
    ready_.clear();
  }

  const Table read_from_;
  const CompactOptions& options_;
  Table table_;  // as of the last commit
  std::mutex mutex_;
  std::vector<Rewritten> ready_;
  int64_t ready_bytes_ = 0;
  Compacted done_;
};

}  // namespace

CompactPolicy PolicyOf(const TableMetadata& metadata) {
  CompactPolicy policy;
  policy.file_bytes_target = metadata.PropertyInt("write.target-file-size-bytes", policy.file_bytes_target);
  return policy;
}

Result<Compacted> EstimateCompaction(const Table& table, const ScanPlan& plan, const CompactPolicy& policy) {
  INGOT_TRY(CheckNamedOnce(plan, table.home.name.Text()));
  const auto bins = PlanBins(*table.metadata, plan.tasks, policy);
  Compacted estimate{.bins = int64_t(bins.size())};
  Replaced replaced;
  for (const Bin& bin : bins) {
    estimate.files_in += int64_t(bin.tasks.size());
    estimate.bytes_in += bin.bytes;
    estimate.rows += bin.rows;
    Replace(bin, replaced);
  }
  estimate.deletes_removed = int64_t(UnneededDeletes(plan, replaced).size());
  return estimate;
}

Result<Compacted> CompactTable(const iceberg::TableHome& home, const CompactOptions& options) {
  INGOT_ASSIGN(Table table, iceberg::LoadTable(home));
  for (const auto& [column, descending, nulls_first] : options.sort_by)
    if (std::ranges::find(table.metadata->CurrentSchema().fields, column, &iceberg::Field::name) ==
        table.metadata->CurrentSchema().fields.end())
      return Fail(ErrorKind::kBadInput, "table " + home.name.Text() + ": unknown column to sort by: " + column);
  return Compaction(std::move(table), options).Run();
}

}  // namespace ingot::maintain
