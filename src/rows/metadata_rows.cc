#include "rows/metadata_rows.h"

#include <arrow/api.h>

#include <algorithm>
#include <map>

#include "base/cells.h"
#include "base/json.h"

namespace ingot::rows {
namespace {

using Types = std::vector<std::pair<const char*, std::shared_ptr<arrow::DataType>>>;

std::shared_ptr<arrow::DataType> Instant() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

Result<Relation> Rows(const Types& columns, const std::vector<CellRow>& rows) {
  arrow::FieldVector fields;
  for (const auto& [name, type] : columns) fields.push_back(arrow::field(name, type));
  INGOT_ASSIGN(auto batch, BatchOf(arrow::schema(std::move(fields)), rows));
  return RelationOf(std::move(batch));
}

template <typename T>
Cell CellOf(const std::optional<T>& value) {
  return value ? Cell(int64_t(*value)) : Cell();
}

/// Calls `file(entry)` for each live file of the current snapshot.
Status ForEachLiveFile(const iceberg::Table& table, const std::function<void(const iceberg::ManifestEntry&)>& file) {
  const iceberg::Snapshot* snapshot = table.metadata->CurrentSnapshot();
  if (snapshot == nullptr) return {};
  INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(*table.home.storage, *snapshot));
  for (const iceberg::ManifestFile& manifest : manifests) {
    if (!manifest.MayHaveLiveFiles()) continue;
    INGOT_ASSIGN(const auto entries, iceberg::ReadManifest(*table.home.storage, manifest, *table.metadata));
    for (const iceberg::ManifestEntry& entry : entries)
      if (entry.status != iceberg::EntryStatus::kDeleted) file(entry);
  }
  return {};
}

}  // namespace

std::string PartitionPath(const iceberg::TableMetadata& metadata, const iceberg::DataFile& file) {
  std::string path;
  const iceberg::PartitionSpec* spec = metadata.SpecById(file.spec_id);
  for (size_t i = 0; spec != nullptr && i < std::min(spec->fields.size(), file.partition.size()); ++i) {
    const iceberg::Field* source = metadata.CurrentSchema().FindById(spec->fields[i].source_id);
    path += (path.empty() ? "" : "/") + spec->fields[i].name + "=" +
            iceberg::PartitionText(spec->fields[i].transform, file.partition[i],
                                   source ? source->type : iceberg::Type{.id = iceberg::TypeId::kInt});
  }
  return path;
}

Result<Relation> SnapshotRows(const iceberg::Table& table) {
  std::vector<CellRow> rows;
  for (const iceberg::Snapshot& snapshot : table.metadata->snapshots)
    rows.push_back({snapshot.timestamp_ms * 1000, snapshot.snapshot_id, CellOf(snapshot.parent_id),
                    snapshot.sequence_number, snapshot.Operation(), snapshot.manifest_list,
                    Json(snapshot.summary).dump(-1, ' ', false, Json::error_handler_t::replace)});
  return Rows({{"committed_at", Instant()},
               {"snapshot_id", arrow::int64()},
               {"parent_id", arrow::int64()},
               {"sequence_number", arrow::int64()},
               {"operation", arrow::utf8()},
               {"manifest_list", arrow::utf8()},
               {"summary", arrow::utf8()}},
              rows);
}

Result<Relation> HistoryRows(const iceberg::Table& table) {
  const auto ancestors = iceberg::AncestorsOf(*table.metadata, table.metadata->current_snapshot_id);
  std::vector<CellRow> rows;
  for (const iceberg::SnapshotLogEntry& entry : table.metadata->snapshot_log) {
    const iceberg::Snapshot* snapshot = table.metadata->SnapshotById(entry.snapshot_id);
    rows.push_back({entry.timestamp_ms * 1000, entry.snapshot_id, snapshot ? CellOf(snapshot->parent_id) : Cell(),
                    snapshot != nullptr && std::ranges::find(ancestors, snapshot) != ancestors.end()});
  }
  return Rows({{"made_current_at", Instant()},
               {"snapshot_id", arrow::int64()},
               {"parent_id", arrow::int64()},
               {"is_current_ancestor", arrow::boolean()}},
              rows);
}

Result<Relation> RefRows(const iceberg::Table& table) {
  std::vector<CellRow> rows;
  for (const auto& [name, ref] : table.metadata->refs)
    rows.push_back({name, ref.type == "tag" ? "TAG" : "BRANCH", ref.snapshot_id, CellOf(ref.max_ref_age_ms),
                    CellOf(ref.min_snapshots_to_keep), CellOf(ref.max_snapshot_age_ms)});
  return Rows({{"name", arrow::utf8()},
               {"type", arrow::utf8()},
               {"snapshot_id", arrow::int64()},
               {"max_reference_age_in_ms", arrow::int64()},
               {"min_snapshots_to_keep", arrow::int64()},
               {"max_snapshot_age_in_ms", arrow::int64()}},
              rows);
}

Result<Relation> ManifestRows(const iceberg::Table& table) {
  std::vector<CellRow> rows;
  const iceberg::TableMetadata& metadata = *table.metadata;
  if (const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot()) {
    INGOT_ASSIGN(const auto manifests, iceberg::ReadManifestList(*table.home.storage, *snapshot));
    for (const iceberg::ManifestFile& manifest : manifests) {
      std::string ranges;
      const iceberg::PartitionSpec* spec = metadata.SpecById(manifest.spec_id);
      const auto types = spec ? iceberg::PartitionTypes(*spec, metadata) : std::vector<iceberg::Type>();
      for (size_t i = 0; types && spec && i < std::min(spec->fields.size(), manifest.partitions.size()); ++i) {
        const iceberg::PartitionSummary& partition = manifest.partitions[i];
        const auto text = [&](const std::optional<std::string>& bound) {
          if (!bound) return std::string("null");
          const auto value = iceberg::DeserializeValue(*bound, (*types)[i]);
          return value ? iceberg::PartitionText(spec->fields[i].transform, *value, (*types)[i]) : std::string("?");
        };
        ranges += (ranges.empty() ? "" : ", ") + spec->fields[i].name + " " + text(partition.lower) + ".." +
                  text(partition.upper) + (partition.contains_null ? " or null" : "");
      }
      rows.push_back({int64_t(manifest.holds_deletes), manifest.location, manifest.bytes, int64_t(manifest.spec_id),
                      manifest.added_snapshot_id, CellOf(manifest.added_files), CellOf(manifest.existing_files),
                      CellOf(manifest.deleted_files), ranges});
    }
  }
  return Rows({{"content", arrow::int32()},
               {"path", arrow::utf8()},
               {"length", arrow::int64()},
               {"partition_spec_id", arrow::int32()},
               {"added_snapshot_id", arrow::int64()},
               {"added_files_count", arrow::int64()},
               {"existing_files_count", arrow::int64()},
               {"deleted_files_count", arrow::int64()},
               {"partitions", arrow::utf8()}},
              rows);
}

Result<Relation> FileRows(const iceberg::Table& table) {
  std::vector<CellRow> rows;
  INGOT_TRY(ForEachLiveFile(table, [&](const iceberg::ManifestEntry& entry) {
    const iceberg::DataFile& file = entry.file;
    rows.push_back({int64_t(file.content), file.location, file.format, int64_t(file.spec_id),
                    PartitionPath(*table.metadata, file), file.record_count, file.file_bytes,
                    CellOf(entry.sequence_number), CellOf(file.sort_order_id)});
  }));
  return Rows({{"content", arrow::int32()},
               {"file_path", arrow::utf8()},
               {"file_format", arrow::utf8()},
               {"spec_id", arrow::int32()},
               {"partition", arrow::utf8()},
               {"record_count", arrow::int64()},
               {"file_size_in_bytes", arrow::int64()},
               {"sequence_number", arrow::int64()},
               {"sort_order_id", arrow::int32()}},
              rows);
}

Result<Relation> PartitionRows(const iceberg::Table& table) {
  struct Sums {
    std::string path;
    int32_t spec_id = 0;
    int64_t records = 0, files = 0, bytes = 0, delete_files = 0, delete_records = 0;
  };
  std::map<std::string, Sums> partitions;
  INGOT_TRY(ForEachLiveFile(table, [&](const iceberg::ManifestEntry& entry) {
    const iceberg::DataFile& file = entry.file;
    const std::string path = PartitionPath(*table.metadata, file);
    Sums& sums = partitions[path + iceberg::PartitionKey(file)];
    sums.path = path;
    sums.spec_id = file.spec_id;
    if (file.content == iceberg::FileContent::kData)
      ++sums.files, sums.records += file.record_count, sums.bytes += file.file_bytes;
    else
      ++sums.delete_files, sums.delete_records += file.record_count;
  }));
  std::vector<CellRow> rows;
  for (const auto& [key, sums] : partitions)
    rows.push_back({sums.path, int64_t(sums.spec_id), sums.records, sums.files, sums.bytes, sums.delete_files,
                    sums.delete_records});
  return Rows({{"partition", arrow::utf8()},
               {"spec_id", arrow::int32()},
               {"record_count", arrow::int64()},
               {"file_count", arrow::int64()},
               {"total_data_file_size_in_bytes", arrow::int64()},
               {"delete_file_count", arrow::int64()},
               {"delete_record_count", arrow::int64()}},
              rows);
}

Result<Relation> MetadataLogRows(const iceberg::Table& table) {
  std::vector<CellRow> rows;
  for (const iceberg::MetadataLogEntry& entry : table.metadata->metadata_log)
    rows.push_back({entry.timestamp_ms * 1000, entry.metadata_file});
  rows.push_back({table.metadata->last_updated_ms * 1000, table.metadata_location});
  return Rows({{"timestamp", Instant()}, {"file", arrow::utf8()}}, rows);
}

}  // namespace ingot::rows
