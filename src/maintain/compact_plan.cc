#include "maintain/compact_plan.h"

#include <algorithm>
#include <map>

namespace ingot::maintain {
namespace {

using rows::FileTask;
using Tasks = std::vector<FileTask>;

double DeletedShare(const FileTask& task) {
  int64_t deleted = 0;
  for (const auto& file : task.deletes) deleted += file.record_count;
  return task.file.record_count == 0 ? 1 : std::min(1.0, double(deleted) / double(task.file.record_count));
}

/// Whether a file must be rewritten even if it is the only one.
bool NeedsRewrite(const FileTask& task, const iceberg::TableMetadata& metadata, const CompactPolicy& policy) {
  return (!task.deletes.empty() && DeletedShare(task) >= policy.deleted_share) ||
         task.file.spec_id != metadata.default_spec_id ||
         double(task.file.file_bytes) > policy.too_large * double(policy.file_bytes_target);
}

bool IsSmall(const FileTask& task, const CompactPolicy& policy) {
  return double(task.file.file_bytes) < policy.large_enough * double(policy.file_bytes_target);
}

/// Keeps the small files that are worth rewriting: enough files of similar size, and all that are smaller.
void KeepTier(Tasks& small, const CompactPolicy& policy) {
  std::ranges::stable_sort(small, {}, [](const FileTask& task) { return task.file.file_bytes; });
  const int64_t tiny = policy.file_bytes_target / 64;
  int64_t bytes = 0;
  size_t start = 0, end = 0;
  for (; end < small.size(); bytes += small[end++].file.file_bytes) {
    if (end == start || small[end].file.file_bytes <= std::max(2 * bytes, tiny)) continue;
    if (end - start >= policy.files_min) break;
    start = end;
  }
  small.resize(end - start >= policy.files_min ? end : 0);
}

}  // namespace

std::vector<Bin> PlanBins(const iceberg::TableMetadata& metadata, Tasks tasks, const CompactPolicy& policy) {
  std::map<std::string, std::pair<Tasks, Tasks>> partitions;  // files that need a rewrite, small files
  for (FileTask& task : tasks) {
    auto& [must_rewrite, small] = partitions[PartitionKey(task.file)];
    if (policy.everything || NeedsRewrite(task, metadata, policy))
      must_rewrite.push_back(std::move(task));
    else if (IsSmall(task, policy))
      small.push_back(std::move(task));
  }
  std::vector<Bin> bins;
  for (auto& [key, of] : partitions) {
    auto& [chosen, small] = of;
    const bool must_rewrite = !chosen.empty();
    if (policy.tiered) KeepTier(small, policy);
    int64_t bytes = 0;
    for (const FileTask& task : small) bytes += task.file.file_bytes;
    const bool worth = small.size() >= policy.files_min || (small.size() > 1 && bytes >= policy.file_bytes_target);
    if (!must_rewrite && !worth) continue;
    if (worth) std::ranges::move(small, std::back_inserter(chosen));
    std::ranges::stable_sort(chosen, {}, &FileTask::sequence_number);
    Bin bin;
    const auto close = [&] {
      // A single file that needs no rewrite stays.
      if (bin.tasks.size() > 1 || policy.everything ||
          (!bin.tasks.empty() && NeedsRewrite(bin.tasks[0], metadata, policy)))
        bins.push_back(std::move(bin));
      bin = {};
    };
    for (FileTask& task : chosen) {
      if (bin.bytes + task.file.file_bytes > policy.file_bytes_target) close();
      bin.bytes += task.file.file_bytes;
      bin.rows += task.file.record_count;
      bin.tasks.push_back(std::move(task));
    }
    close();
  }
  return bins;
}

}  // namespace ingot::maintain
