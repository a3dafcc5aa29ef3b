#include "maintain/applied_deletes.h"

namespace ingot::maintain {

using iceberg::DataFile;
using rows::FileTask;

std::set<std::string> DeletesOf(const FileTask& task, bool positions_only) {
  std::set<std::string> deletes;
  for (const DataFile& file : task.deletes)
    if (!positions_only || file.content == iceberg::FileContent::kPositionDeletes) deletes.insert(file.Key());
  return deletes;
}

std::set<std::string> UnneededDeletes(const rows::ScanPlan& plan, const Replaced& replaced) {
  std::set<std::string> unneeded;
  for (const DataFile& file : plan.deletes) unneeded.insert(file.Key());
  for (const FileTask& task : plan.tasks) {
    const auto applied = replaced.find(task.file.location);
    for (const DataFile& file : task.deletes)
      if (applied == replaced.end() || !applied->second.contains(file.Key())) unneeded.erase(file.Key());
  }
  return unneeded;
}

}  // namespace ingot::maintain
