#include "rows/scan.h"

#include <arrow/table.h>
#include <fmt/format.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "base/arrow_result.h"
#include "base/log.h"
#include "base/parallel.h"
#include "iceberg/metadata_columns.h"
#include "rows/arrow_schema.h"
#include "rows/parquet_footer.h"
#include "rows/row_deletes.h"
#include "storage/location.h"

namespace ingot::rows {
namespace {

struct DeleteFile {
  iceberg::DataFile file;
  iceberg::SequenceNumber sequence_number;
};

Result<iceberg::Schema> Project(const iceberg::Schema& schema, const std::vector<std::string>& columns) {
  if (columns.empty()) return schema;
  iceberg::Schema projection{.schema_id = schema.schema_id, .fields = {}, .identifier_field_ids = {}};
  for (const std::string& column : columns) {
    const auto field = std::ranges::find(schema.fields, column, &iceberg::Field::name);
    if (field == schema.fields.end()) return Fail(ErrorKind::kBadInput, "unknown column: " + column);
    projection.fields.push_back(*field);
  }
  return projection;
}

bool SamePartition(const iceberg::DataFile& a, const iceberg::DataFile& b) {
  return a.spec_id == b.spec_id &&
         std::ranges::equal(a.partition, b.partition, [](const iceberg::Value& x, const iceberg::Value& y) {
           return iceberg::CompareValues(x, y) == 0;
         });
}

/// The common parent folder of all paths between two paths.
std::string CommonFolder(const std::string& lower, const std::string& upper) {
  const auto differ = std::ranges::mismatch(lower, upper).in1;
  const std::string common(lower.begin(), differ);
  return common.substr(0, common.rfind('/') + 1);
}

/// Whether a position delete file may have positions in the data file. The specification ("Scan Planning") restricts it
/// to data files of the same partition and spec. But the spec may have changed in between, and each row names its data
/// file. So deletes of another spec apply too, as in readers that go by the path (DuckDB; Spark, Trino and PyIceberg
/// for delete files that name one data file).
bool MayDeletePositions(const iceberg::DataFile& del, const iceberg::DataFile& data) {
  if (!del.referenced_data_file.empty()) return NamesFile(del.referenced_data_file, data.location);
  const auto lower = del.lower_bounds.find(iceberg::kDeletedFilePath),
             upper = del.upper_bounds.find(iceberg::kDeletedFilePath);
  const bool bounded = lower != del.lower_bounds.end() && upper != del.upper_bounds.end();
  if (bounded && lower->second == upper->second && NamesFile(lower->second, data.location)) return true;
  if (del.spec_id == data.spec_id && !SamePartition(del, data)) return false;
  // Bounds do not help if they have another order (AreBoundsOrdered) or paths are spelled differently.
  if (!bounded || lower->second > upper->second) return true;
  const std::string folder = CommonFolder(lower->second, upper->second);
  if (!data.location.starts_with(folder))
    return del.spec_id == data.spec_id &&
           storage::IsInside(storage::CanonicalLocation(data.location), storage::CanonicalLocation(folder));
  return data.location >= lower->second && data.location.substr(0, upper->second.size()) <= upper->second;
}

/// Specification, "Scan Planning". Position deletes apply to data with the same or a lower sequence number, equality
/// deletes to data with a lower one. Both apply within their partition; an unpartitioned spec applies everywhere.
bool Applies(const DeleteFile& del, const FileTask& task, const iceberg::TableMetadata& metadata) {
  if (del.file.content == iceberg::FileContent::kPositionDeletes)
    return del.sequence_number >= task.sequence_number && MayDeletePositions(del.file, task.file);
  if (del.sequence_number <= task.sequence_number) return false;
  const iceberg::PartitionSpec* spec = metadata.SpecById(del.file.spec_id);
  return (spec != nullptr && spec->IsUnpartitioned()) || SamePartition(del.file, task.file);
}

/// A deletion vector replaces all position delete files of its data file (specification, "Deletion Vectors").
void DropSuperseded(std::vector<iceberg::DataFile>& deletes) {
  if (std::ranges::none_of(deletes, &iceberg::DataFile::IsDeletionVector)) return;
  std::erase_if(deletes, [](const iceberg::DataFile& file) {
    return file.content == iceberg::FileContent::kPositionDeletes && !file.IsDeletionVector();
  });
}

struct PlannedManifest {
  std::vector<FileTask> tasks;
  std::vector<DeleteFile> deletes;
  int64_t files_pruned = 0;
};

constexpr int kFilesAtOnce = 8;                 // most time is spent waiting for remote storage
constexpr int64_t kTasksReservedMax = 1 << 20;  // limit, in case of wrong counts

Status PlanManifest(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                    const iceberg::ManifestFile& manifest, const iceberg::BoundFilter& filter,
                    const iceberg::Schema& schema, PlannedManifest& plan) {
  const iceberg::PartitionSpec& spec = *metadata.SpecById(manifest.spec_id);
  const auto columns = filter.Columns();
  // Moving the tasks as the vector grows costs as much as reading them.
  if (!manifest.holds_deletes && filter.IsTrue())
    plan.tasks.reserve(size_t(std::clamp<int64_t>(
        manifest.added_files.value_or(0) + manifest.existing_files.value_or(0), 0, kTasksReservedMax)));
  return iceberg::ForEachEntry(storage, manifest, metadata, &columns, [&](iceberg::ManifestEntry& entry) -> Status {
    if (entry.status == iceberg::EntryStatus::kDeleted) return {};
    if (entry.file.content != iceberg::FileContent::kData)
      plan.deletes.push_back({std::move(entry.file), *entry.sequence_number});
    else if (filter.MayMatchFile(entry.file, spec, schema))
      plan.tasks.push_back({std::move(entry.file), *entry.sequence_number, {}});
    else
      ++plan.files_pruned;
    return {};
  });
}

}  // namespace

int64_t ScanPlan::RecordCount() const {
  int64_t rows = 0;
  for (const FileTask& task : tasks) rows += task.file.record_count;
  return rows;
}

Result<ScanPlan> PlanScan(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                          const ScanOptions& options) {
  ScanPlan plan;
  const iceberg::Snapshot* snapshot =
      options.snapshot_id ? metadata.SnapshotById(*options.snapshot_id) : metadata.CurrentSnapshot();
  if (options.snapshot_id && snapshot == nullptr)
    return Fail(ErrorKind::kNotFound, fmt::format("unknown snapshot: {}", *options.snapshot_id));
  // Older snapshots are read with their own schema (specification, "Scan Planning").
  const iceberg::Schema& schema =
      options.snapshot_id && !options.current_schema ? metadata.SchemaOf(*snapshot) : metadata.CurrentSchema();
  INGOT_ASSIGN(plan.projection, Project(schema, options.columns));
  plan.schema = schema;
  if (snapshot == nullptr) return plan;
  INGOT_ASSIGN(plan.filter, iceberg::BoundFilter::Bind(options.filter, schema));
  const iceberg::BoundFilter& filter = plan.filter;
  INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(storage, *snapshot));
  std::vector<const iceberg::ManifestFile*> wanted;
  for (const iceberg::ManifestFile& manifest : manifests) {
    if (!manifest.MayHaveLiveFiles()) continue;
    const iceberg::PartitionSpec* spec = metadata.SpecById(manifest.spec_id);
    if (spec == nullptr)
      return Fail(ErrorKind::kCorrupt,
                  fmt::format("manifest {} names an unknown partition spec {}", manifest.location, manifest.spec_id));
    INGOT_ASSIGN(const auto types, iceberg::PartitionTypes(*spec, metadata));
    if (manifest.holds_deletes || filter.MayMatchManifest(manifest, *spec, types))
      wanted.push_back(&manifest);
    else
      ++plan.manifests_pruned;
  }
  plan.manifests_read = int64_t(wanted.size());
  std::vector<PlannedManifest> planned(wanted.size());
  INGOT_TRY(ForEachInParallel(kFilesAtOnce, wanted.size(), [&](size_t, size_t i) {
    return PlanManifest(storage, metadata, *wanted[i], filter, schema, planned[i]);
  }));
  std::vector<DeleteFile> deletes;
  size_t tasks = 0;
  for (const PlannedManifest& part : planned) tasks += part.tasks.size();
  plan.tasks.reserve(tasks);
  for (PlannedManifest& part : planned) {
    std::ranges::move(part.tasks, std::back_inserter(plan.tasks));
    std::ranges::move(part.deletes, std::back_inserter(deletes));
    plan.files_pruned += part.files_pruned;
  }
  for (FileTask& task : plan.tasks)
    for (const DeleteFile& del : deletes)
      if (Applies(del, task, metadata)) task.deletes.push_back(del.file);
  for (FileTask& task : plan.tasks) DropSuperseded(task.deletes);
  for (DeleteFile& del : deletes) plan.deletes.push_back(std::move(del.file));
  return plan;
}

Result<ScanPlan> PlanAppends(storage::Storage& storage, const iceberg::TableMetadata& metadata,
                             const std::vector<const iceberg::Snapshot*>& snapshots,
                             const std::vector<std::string>& columns, const iceberg::Filter& filter) {
  ScanPlan plan;
  INGOT_ASSIGN(plan.filter, iceberg::BoundFilter::Bind(filter, metadata.CurrentSchema()));
  const iceberg::BoundFilter& bound = plan.filter;
  plan.schema = metadata.CurrentSchema();
  INGOT_ASSIGN(plan.projection, Project(plan.schema, columns));
  std::set<iceberg::SnapshotId> wanted;
  std::set<std::string> seen;
  for (const iceberg::Snapshot* snapshot : snapshots) wanted.insert(snapshot->snapshot_id);
  for (const iceberg::Snapshot* snapshot : snapshots) {
    INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(storage, *snapshot));
    for (const iceberg::ManifestFile& manifest : manifests) {
      if (manifest.holds_deletes || manifest.added_snapshot_id != snapshot->snapshot_id) continue;
      ++plan.manifests_read;
      INGOT_ASSIGN(auto entries, iceberg::ReadManifest(storage, manifest, metadata));
      for (iceberg::ManifestEntry& entry : entries) {
        if (entry.status != iceberg::EntryStatus::kAdded || !entry.snapshot_id || !wanted.contains(*entry.snapshot_id))
          continue;
        if (!seen.insert(entry.file.location).second) continue;
        const iceberg::PartitionSpec* spec = metadata.SpecById(entry.file.spec_id);
        if (spec != nullptr && !bound.MayMatchFile(entry.file, *spec, metadata.CurrentSchema())) {
          ++plan.files_pruned;
          continue;
        }
        plan.tasks.push_back({std::move(entry.file), *entry.sequence_number, {}});
      }
    }
  }
  return plan;
}

std::vector<FileTask> Split(const FileTask& task) {
  // Each part would read the deletes again. Only Parquet files can be read in parts.
  if (task.file.format != "PARQUET" || task.file.split_offsets.size() < 2 || !task.deletes.empty()) return {task};
  std::vector<FileTask> parts(task.file.split_offsets.size(), task);
  for (size_t i = 0; i < parts.size(); ++i) parts[i].row_group = i;
  return parts;
}

Result<std::vector<FileTask>> PartsOf(storage::Storage& storage, const ScanPlan& plan) {
  std::vector<std::vector<FileTask>> splits(plan.tasks.size());
  INGOT_TRY(ForEachInParallel(kFilesAtOnce, splits.size(), [&](size_t, size_t i) -> Status {
    auto& split = splits[i] = Split(plan.tasks[i]);
    // The bounds of a file with one row group were checked before.
    if (plan.tasks[i].file.format != "PARQUET") return {};
    if (split.size() < 2 ? !plan.filter.HasEquality() : plan.filter.IsTrue()) return {};
    const std::string& location = plan.tasks[i].file.location;
    INGOT_ASSIGN(const auto footer, FooterOf(storage, location));
    const auto may_match = [&](int group) {
      return plan.filter.MayMatch(RowGroupMetrics(storage, location, footer, group, plan.schema));
    };
    const auto groups = std::views::iota(0, footer->num_row_groups());
    // The last part also covers all later row groups.
    if (split.size() > 1 && int(split.size()) == footer->num_row_groups())
      std::erase_if(split, [&](const FileTask& part) { return !may_match(int(*part.row_group)); });
    else if (std::ranges::none_of(groups, may_match))
      split.clear();
    return {};
  }));
  std::vector<FileTask> parts;
  for (auto& split : splits) std::ranges::move(split, std::back_inserter(parts));
  LogDebug(fmt::format("{} files are read in {} parts", splits.size(), parts.size()));
  return parts;
}

}  // namespace ingot::rows
