#include "maintain/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "iceberg/summary_numbers.h"
#include "maintain/compact.h"
#include "maintain/needed_files.h"
#include "maintain/orphans.h"
#include "maintain/rewrite_manifests.h"
#include "rows/data_file_reader.h"
#include "rows/scan.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

using iceberg::DataFile;
using iceberg::Table;
using rows::FileTask;

constexpr size_t kNamesMax = 5;             // most files that a finding lists
constexpr int64_t kSnapshotsMany = 10'000;  // makes metadata files of several megabytes, written by each commit

std::string Names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kNamesMax ? text + fmt::format(" and {} more", names.size() - kNamesMax) : text;
}

/// The number of live references to each data file, by file identity.
std::map<std::string, int> References(const std::vector<FileTask>& tasks) {
  std::map<std::string, int> references;
  for (const FileTask& task : tasks) ++references[storage::FileIdentity(task.file.location)];
  return references;
}

/// The files of the plan that do not exist in storage.
Result<std::vector<std::string>> Missing(const Table& table, const rows::ScanPlan& plan) {
  INGOT_ASSIGN(const auto listed, table.home.storage->List(table.metadata->location));
  std::set<std::string> there;
  for (const auto& file : listed) there.insert(storage::FileIdentity(file.location));
  std::vector<std::string> named, missing;
  for (const FileTask& task : plan.tasks) named.push_back(task.file.location);
  for (const DataFile& file : plan.deletes) named.push_back(file.location);
  std::ranges::sort(named);
  named.erase(std::ranges::unique(named).begin(), named.end());
  for (const std::string& location : named) {
    if (there.contains(storage::FileIdentity(location))) continue;
    INGOT_ASSIGN(const bool exists, table.home.storage->Exists(location));  // it may be outside the table's folder
    if (!exists) missing.push_back(location);
  }
  return missing;
}

/// Compares a file with its manifest entry. Returns the difference, "" if there is none.
Result<std::string> CompareToManifest(storage::Storage& storage, const DataFile& file) {
  const auto reader = rows::OpenDataFile(storage, FileTask{.file = file});
  if (!reader && reader.error().kind == ErrorKind::kUnsupported) return "";
  if (!reader) return reader.error().message;
  const auto rows = (*reader)->row_count();
  if (rows && *rows != file.record_count)
    return fmt::format("{} has {} rows, but the manifest says {}", file.location, *rows, file.record_count);
  INGOT_ASSIGN(const auto input, storage.OpenInput(file.location));
  const auto bytes = input->GetSize();
  if (bytes.ok() && *bytes != file.file_bytes)
    return fmt::format("{} has {} bytes, but the manifest says {}", file.location, *bytes, file.file_bytes);
  return "";
}

class Examination {
 public:
  Examination(Table table, const DoctorOptions& options) : table_(std::move(table)), options_(options) {}

  Result<std::vector<Finding>> Run() {
    if (const auto needed = NeededFiles(table_); !needed) {
      const bool lost = needed.error().kind == ErrorKind::kCorrupt || needed.error().kind == ErrorKind::kNotFound;
      Report("metadata", Health::kBad,
             needed.error().message + (lost ? "; roll back to a readable snapshot: ingot table rollback" : ""));
      return findings_;
    }
    Report("metadata", Health::kGood,
           fmt::format("format {}, {} snapshots, all manifests can be read", table_.metadata->format_version,
                       table_.metadata->snapshots.size()));
    auto plan = rows::PlanScan(*table_.home.storage, *table_.metadata, {});
    if (!plan) {
      Report("files", Health::kBad, plan.error().message);
      return findings_;
    }
    Duplicates(*plan);
    INGOT_TRY(MissingFiles(*plan));
    INGOT_TRY(Statistics(plan->tasks));
    INGOT_TRY(OrphanFiles());
    SmallFiles(*plan);
    INGOT_TRY(Manifests());
    History();
    return findings_;
  }

 private:
  void Report(const char* check, Health health, std::string detail) {
    findings_.push_back({check, health, std::move(detail)});
  }

  void Duplicates(const rows::ScanPlan& plan) {
    std::vector<std::string> twice;
    auto references = References(plan.tasks);
    for (const FileTask& task : plan.tasks)
      if (std::exchange(references[storage::FileIdentity(task.file.location)], 0) > 1)
        twice.push_back(task.file.location);
    if (twice.empty()) return Report("duplicates", Health::kGood, "each data file is referenced once");
    Report("duplicates", Health::kBad,
           fmt::format("{} data files are referenced more than once, so that their rows are duplicated "
                       "(repair with --repair): {}",
                       twice.size(), Names(twice)));
  }

  Status MissingFiles(const rows::ScanPlan& plan) {
    INGOT_ASSIGN(const auto missing, Missing(table_, plan));
    gone_.insert(missing.begin(), missing.end());
    if (missing.empty())
      Report("missing-files", Health::kGood,
             fmt::format("all {} files exist", plan.tasks.size() + plan.deletes.size()));
    else
      Report("missing-files", Health::kBad,
             fmt::format("{} files are missing (restore them, or drop their rows with --repair): {}", missing.size(),
                         Names(missing)));
    return {};
  }

  Status Statistics(std::vector<FileTask> tasks) {
    int64_t rows = 0;
    for (const FileTask& task : tasks) rows += task.file.record_count;
    std::vector<std::string> wrong;
    if (const auto* snapshot = table_.metadata->CurrentSnapshot())
      if (const auto total = iceberg::FindNumber(snapshot->summary, "total-records"); total && *total != rows)
        wrong.push_back(fmt::format("the snapshot says {} rows, but its manifests say {}", *total, rows));
    std::ranges::stable_sort(tasks, std::greater(), &FileTask::sequence_number);
    std::erase_if(tasks, [&](const FileTask& task) { return gone_.contains(task.file.location); });
    tasks.resize(std::min(tasks.size(), size_t(options_.footers_max)));
    std::mutex mutex;
    INGOT_TRY(ForEachInParallel(kStorageThreads, tasks.size(), [&](size_t, size_t i) -> Status {
      INGOT_ASSIGN(std::string found, CompareToManifest(*table_.home.storage, tasks[i].file));
      std::lock_guard lock(mutex);
      if (!found.empty()) wrong.push_back(std::move(found));
      options_.progress(1);
      return {};
    }));
    if (wrong.empty())
      Report("statistics", Health::kGood,
             fmt::format("{} rows; the footers of {} files agree with the manifests", rows, tasks.size()));
    else
      Report("statistics", Health::kBad, fmt::format("{} differences: {}", wrong.size(), Names(wrong)));
    return {};
  }

  Status OrphanFiles() {
    const auto orphans = RemoveOrphans(table_.home, {.dry_run = true, .other_tables = options_.other_tables});
    if (!orphans && orphans.error().kind == ErrorKind::kBadConfig) return {};  // gc.enabled=false
    if (!orphans) return std::unexpected(orphans.error());
    for (const std::string& note : orphans->notes) Report("orphans", Health::kCouldBeBetter, note);
    if (orphans->files.empty())
      Report("orphans", Health::kGood, "no orphans older than three days");
    else
      Report("orphans", Health::kCouldBeBetter,
             fmt::format("{} orphans ({}); remove them: ingot maintain {} --orphans", orphans->files.size(),
                         HumanBytes(double(orphans->bytes)), table_.home.name.Text()));
    return {};
  }

  void SmallFiles(const rows::ScanPlan& scan) {
    const auto planned = EstimateCompaction(table_, scan, PolicyOf(*table_.metadata));
    if (!planned) return Report("small-files", Health::kCouldBeBetter, planned.error().message);
    const Compacted& plan = *planned;
    if (plan.files_in + plan.deletes_removed == 0)
      Report("small-files", Health::kGood, "nothing to compact");
    else
      Report("small-files", Health::kCouldBeBetter,
             fmt::format("{} files ({}) could be {}, and {} delete files applied: ingot maintain {} --compact",
                         plan.files_in, HumanBytes(double(plan.bytes_in)), plan.bins, plan.deletes_removed,
                         table_.home.name.Text()));
  }

  Status Manifests() {
    INGOT_ASSIGN(const ManifestsRewritten plan, RewriteManifests(table_.home, {.dry_run = true}));
    if (plan.after == plan.before)
      Report("manifests", Health::kGood, fmt::format("{} manifests", plan.before));
    else
      Report("manifests", Health::kCouldBeBetter,
             fmt::format("{} manifests could be {}: ingot maintain {} --manifests", plan.before, plan.after,
                         table_.home.name.Text()));
    return {};
  }

  void History() {
    const int64_t snapshots = int64_t(table_.metadata->snapshots.size());
    if (snapshots < kSnapshotsMany) return;
    Report("history", Health::kCouldBeBetter,
           fmt::format("{} snapshots slow down each commit; expire some: ingot maintain {} --expire", snapshots,
                       table_.home.name.Text()));
  }

  const Table table_;
  const DoctorOptions& options_;
  std::set<std::string> gone_;
  std::vector<Finding> findings_;
};

/// Replaces all references to a file by one with its lowest sequence number.
Status KeepOneReference(const iceberg::TableHome& home, const FileTask& task) {
  iceberg::SnapshotChange change{.operation = "overwrite"};
  change.added = {task.file};
  change.added_sequence_number = task.sequence_number;
  const std::string identity = storage::FileIdentity(task.file.location);
  change.removes = [&](const DataFile& file) -> Result<bool> {
    return file.location == task.file.location || storage::FileIdentity(file.location) == identity;
  };
  INGOT_TRY(iceberg::CommitSnapshot(home, change));
  return {};
}

}  // namespace

Result<std::vector<Finding>> ExamineTable(const iceberg::TableHome& home, const DoctorOptions& options) {
  INGOT_ASSIGN(Table table, iceberg::LoadTable(home));
  return Examination(std::move(table), options).Run();
}

Result<Repaired> RepairTable(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const Table table, iceberg::LoadTable(home));
  INGOT_ASSIGN(auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {}));
  std::ranges::stable_sort(plan.tasks, {}, &FileTask::sequence_number);
  INGOT_ASSIGN(const auto missing, Missing(table, plan));
  Repaired repaired{.missing = int64_t(missing.size())};
  if (!missing.empty()) {
    const std::set<std::string> gone(missing.begin(), missing.end());
    iceberg::SnapshotChange change{.operation = "delete"};
    change.removes = [&](const DataFile& file) -> Result<bool> { return gone.contains(file.location); };
    INGOT_TRY(iceberg::CommitSnapshot(home, change));
  }
  auto references = References(plan.tasks);
  for (const FileTask& task : plan.tasks) {
    int& count = references[storage::FileIdentity(task.file.location)];
    if (count < 2 || std::ranges::find(missing, task.file.location) != missing.end()) continue;
    INGOT_TRY(KeepOneReference(home, task));
    repaired.duplicates += count - 1;
    count = 1;
  }
  return repaired;
}

}  // namespace ingot::maintain
