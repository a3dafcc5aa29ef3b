// Manifests and manifest lists: the files of a snapshot and their metrics.
// Source: Iceberg specification, "Manifests", "Manifest Lists". Reads and writes formats 1 to 3.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/field_map.h"
#include "iceberg/metadata.h"
#include "iceberg/value.h"
#include "storage/storage.h"

namespace ingot::iceberg {

enum class FileContent { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };
enum class EntryStatus { kExisting = 0, kAdded = 1, kDeleted = 2 };

/// One data or delete file.
struct DataFile {
  FileContent content = FileContent::kData;
  std::string location;
  std::string format = "PARQUET";
  int32_t spec_id = 0;
  std::vector<Value> partition;  // one per field of the spec
  int64_t record_count = 0;
  int64_t file_bytes = 0;
  FieldMap<int64_t> column_bytes, value_counts, null_counts, nan_counts;
  FieldMap<std::string> lower_bounds, upper_bounds;  // single-value serialization
  std::vector<int64_t> split_offsets;
  std::vector<FieldId> equality_ids;
  std::optional<int32_t> sort_order_id;
  std::string key_metadata;               // for encryption; empty if the file is not encrypted
  std::string referenced_data_file;       // set if the position deletes are all of one data file
  std::optional<int64_t> first_row_id;    // format 3: id of the first row, unless the file stores row ids
  std::optional<int64_t> content_offset;  // format 3: offset of a deletion vector in its Puffin file
  std::optional<int64_t> content_size_bytes;

  bool IsDeletionVector() const {
    return content == FileContent::kPositionDeletes && format == "PUFFIN" && content_offset && content_size_bytes;
  }
  /// Unique among the live files of a table: a Puffin file may contain the deletion vectors of many data files.
  std::string Key() const { return IsDeletionVector() ? location + "#" + std::to_string(*content_offset) : location; }
};

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  std::optional<SnapshotId> snapshot_id;
  std::optional<SequenceNumber> sequence_number;       // data sequence number: decides which deletes apply
  std::optional<SequenceNumber> file_sequence_number;  // of the commit that added the file
  DataFile file;
};

struct PartitionSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower, upper;
};

struct ManifestFile {
  std::string location;
  int64_t bytes = 0;
  int32_t spec_id = 0;
  bool holds_deletes = false;
  SequenceNumber sequence_number = 0;
  SequenceNumber min_sequence_number = 0;
  SnapshotId added_snapshot_id = 0;
  std::optional<int64_t> added_files, existing_files, deleted_files;  // may be absent in format 1
  std::optional<int64_t> added_rows, existing_rows, deleted_rows;
  std::vector<PartitionSummary> partitions;
  std::optional<int64_t> first_row_id;  // format 3, data manifests: first row id for its new files
  std::string key_metadata;             // for encryption; empty if the manifest is not encrypted

  bool IsCounted() const {
    return added_files && existing_files && deleted_files && added_rows && existing_rows && deleted_rows;
  }
  /// False only if the manifest is known to have no live files.
  bool MayHaveLiveFiles() const { return !added_files || !existing_files || *added_files + *existing_files > 0; }
};

/// Returns the manifests of a snapshot.
Result<std::vector<ManifestFile>> ReadManifestList(storage::Storage& storage, const Snapshot& snapshot);

/// Returns all entries, including deleted ones; sequence numbers and snapshot ids are inherited from the manifest list.
/// `metrics_of`: reads counts and bounds of data files for these columns only, and no column sizes. Metrics are most of
/// a large manifest, and a scan needs few of them.
Result<std::vector<ManifestEntry>> ReadManifest(storage::Storage& storage, const ManifestFile& manifest,
                                                const TableMetadata& metadata,
                                                const std::vector<FieldId>* metrics_of = nullptr);

/// The same, but calls `use` for each entry instead of keeping them all.
Status ForEachEntry(storage::Storage& storage, const ManifestFile& manifest, const TableMetadata& metadata,
                    const std::vector<FieldId>* metrics_of, const std::function<Status(ManifestEntry&)>& use);

/// Sets the manifest's counts from its entries, as a manifest list of format 1 may lack them.
void CountEntries(const std::vector<ManifestEntry>& entries, ManifestFile& manifest);

struct ManifestContent {
  const Schema* schema = nullptr;
  const PartitionSpec* spec = nullptr;
  bool holds_deletes = false;
  SnapshotId snapshot_id = 0;
  int32_t format_version = 2;
};
/// Writes the entries to `location`. Returns the manifest's entry for the manifest list, which assigns the sequence
/// number.
Result<ManifestFile> WriteManifest(storage::Storage& storage, const std::string& location,
                                   const ManifestContent& content, const std::vector<ManifestEntry>& entries);

/// Writes a manifest list. Manifests without a sequence number (added by this snapshot) get that of the snapshot. All
/// manifests must be counted, as readers skip a manifest whose counts are 0.
Status WriteManifestList(storage::Storage& storage, const std::string& location, const Snapshot& snapshot,
                         const std::vector<ManifestFile>& manifests, int32_t format_version = 2);

/// A key that is equal for files of the same partition of the same spec, and for no others.
std::string PartitionKey(const DataFile& file);

/// The types of a spec's partition values. Errors: kCorrupt if no schema contains a source column.
Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const TableMetadata& metadata);
Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema);

}  // namespace ingot::iceberg
