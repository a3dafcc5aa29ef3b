// A table's metadata as rows for SQL. Table and column names are those of the metadata tables of other Iceberg engines.
#pragma once

#include "base/relation.h"
#include "iceberg/table.h"

namespace ingot::rows {

/// One row per snapshot: committed_at, snapshot_id, parent_id, sequence_number, operation, manifest_list, summary
/// (JSON).
Result<Relation> SnapshotRows(const iceberg::Table& table);
/// One row per change of main: made_current_at, snapshot_id, parent_id, is_current_ancestor.
Result<Relation> HistoryRows(const iceberg::Table& table);
/// Branches and tags: name, type, snapshot_id, max_reference_age_in_ms, min_snapshots_to_keep, max_snapshot_age_in_ms.
Result<Relation> RefRows(const iceberg::Table& table);
/// The manifests of the current snapshot: content (0 data, 1 deletes), path, length, partition_spec_id,
/// added_snapshot_id, added_files_count, existing_files_count, deleted_files_count, partitions.
Result<Relation> ManifestRows(const iceberg::Table& table);
/// The live files of the current snapshot: content (0 data, 1 position deletes, 2 equality deletes), file_path,
/// file_format, spec_id, partition, record_count, file_size_in_bytes, sequence_number, sort_order_id.
Result<Relation> FileRows(const iceberg::Table& table);
/// One row per partition of the current snapshot: partition, spec_id, record_count, file_count,
/// total_data_file_size_in_bytes, delete_file_count, delete_record_count.
Result<Relation> PartitionRows(const iceberg::Table& table);
/// The metadata files in the metadata log: timestamp, file; the current one is last.
Result<Relation> MetadataLogRows(const iceberg::Table& table);

/// "day=2024-07-19/place=Oslo"; "" if unpartitioned.
std::string PartitionPath(const iceberg::TableMetadata& metadata, const iceberg::DataFile& file);

}  // namespace ingot::rows
