#include "maintain/costs.h"

#include <algorithm>
#include <set>

#include "iceberg/summary.h"
#include "maintain/compact.h"
#include "maintain/needed_files.h"
#include "rows/scan.h"
#include "storage/location.h"

namespace ingot::maintain {
namespace {

/// Bytes per day added by appends, measured over at least an hour, so that a few commits do not give a huge number.
double BytesPerDay(const iceberg::TableMetadata& metadata) {
  constexpr double kDayMs = 24.0 * 3600 * 1000;
  int64_t bytes = 0, first = 0, last = 0;
  for (const auto* snapshot : AncestorsOf(metadata, metadata.current_snapshot_id)) {
    if (last == 0) last = snapshot->timestamp_ms;
    first = snapshot->timestamp_ms;
    if (snapshot->Operation() == "append") bytes += iceberg::SummaryNumber(*snapshot, "added-files-size");
  }
  return double(bytes) * kDayMs / std::max(double(last - first), kDayMs / 24);
}

}  // namespace

Result<Costs> CostsOf(const iceberg::TableHome& home) {
  INGOT_ASSIGN(const iceberg::Table table, iceberg::LoadTable(home));
  INGOT_ASSIGN(const auto listed, table.home.storage->List(table.metadata->location));
  INGOT_ASSIGN(const auto needed, NeededFiles(table));
  INGOT_ASSIGN(const auto plan, rows::PlanScan(*table.home.storage, *table.metadata, {}));
  std::set<std::string> current;
  for (const auto& task : plan.tasks) current.insert(storage::FileIdentity(task.file.location));
  for (const auto& file : plan.deletes) current.insert(storage::FileIdentity(file.location));
  Costs costs{.bytes_per_day = BytesPerDay(*table.metadata)};
  for (const auto& file : listed) {
    const std::string &location = file.location, identity = storage::FileIdentity(location);
    ++costs.files;
    costs.bytes += file.bytes;
    const bool metadata = location.ends_with(".avro") || location.ends_with(".json") || location.ends_with(".puffin") ||
                          location.ends_with(".stats") || location.ends_with(".json.gz");
    if (current.contains(identity))
      ++costs.current_files, costs.current_bytes += file.bytes;
    else if (!needed.contains(identity))
      costs.unneeded_bytes += file.bytes;
    else
      (metadata ? costs.metadata_bytes : costs.history_bytes) += file.bytes;
  }
  // No estimate if the table cannot be compacted; the doctor reports the reason.
  if (const auto small = EstimateCompaction(table, plan, PolicyOf(*table.metadata)))
    costs.small_files = small->files_in;
  return costs;
}

}  // namespace ingot::maintain
