// Manifests and manifest lists: which files make up a snapshot, with what is known of each.
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
  std::string key_metadata;               // of encryption; empty when the file is not encrypted
  std::string referenced_data_file;       // position deletes of one data file
  std::optional<int64_t> first_row_id;    // format 3: the id of the first row, unless the file says it row by row
  std::optional<int64_t> content_offset;  // format 3: a deletion vector's place in its Puffin file
  std::optional<int64_t> content_size_bytes;

  bool IsDeletionVector() const {
    return content == FileContent::kPositionDeletes && format == "PUFFIN" && content_offset && content_size_bytes;
  }
  /// Unique among the live files of a table: a Puffin file may hold the vectors of many data files.
  std::string Key() const { return IsDeletionVector() ? location + "#" + std::to_string(*content_offset) : location; }
};

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  std::optional<SnapshotId> snapshot_id;
  std::optional<SequenceNumber> sequence_number;       // of the data: which deletes apply
  std::optional<SequenceNumber> file_sequence_number;  // when the file was added
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
  std::optional<int64_t> added_files, existing_files, deleted_files;  // unknown in old format-1 lists
  std::optional<int64_t> added_rows, existing_rows, deleted_rows;
  std::vector<PartitionSummary> partitions;
  std::optional<int64_t> first_row_id;  // format 3, of data: that of its first file without one
  std::string key_metadata;             // of encryption; empty when the manifest is not encrypted

  bool IsCounted() const {
    return added_files && existing_files && deleted_files && added_rows && existing_rows && deleted_rows;
  }
  /// False only when it is known that no live file is in it.
  bool MayHoldLive() const { return !added_files || !existing_files || *added_files + *existing_files > 0; }
};

/// The manifests of a snapshot. `table_location` resolves nothing: locations are absolute, as the specification wants
/// them.
Result<std::vector<ManifestFile>> ReadManifestList(storage::Storage& storage, const Snapshot& snapshot);

/// All entries, deleted ones too, with sequence numbers and snapshot ids inherited from the list. With `metrics_of`,
/// the counts and bounds of data files are those of these columns only, and their sizes are left out: most of a large
/// manifest is metrics, of which a scan needs few.
Result<std::vector<ManifestEntry>> ReadManifest(storage::Storage& storage, const ManifestFile& manifest,
                                                const TableMetadata& metadata,
                                                const std::vector<FieldId>* metrics_of = nullptr);

/// The same, entry after entry as they are read, without keeping them.
Status ForEachEntry(storage::Storage& storage, const ManifestFile& manifest, const TableMetadata& metadata,
                    const std::vector<FieldId>* metrics_of, const std::function<Status(ManifestEntry&)>& use);

/// Counts all entries of a manifest, of which a list of format 1 may not know how many there are.
void CountEntries(const std::vector<ManifestEntry>& entries, ManifestFile& manifest);

struct ManifestContent {
  const Schema* schema = nullptr;
  const PartitionSpec* spec = nullptr;
  bool holds_deletes = false;
  SnapshotId snapshot_id = 0;
  int32_t format_version = 2;
};
/// Writes the entries to `location` and returns what the list says of it; the sequence number is left for the list to
/// give.
Result<ManifestFile> WriteManifest(storage::Storage& storage, const std::string& location,
                                   const ManifestContent& content, const std::vector<ManifestEntry>& entries);

/// Manifests whose sequence number is not yet given (added by this snapshot) get `sequence_number`. All are counted:
/// readers pass over a manifest that the list says to be empty.
Status WriteManifestList(storage::Storage& storage, const std::string& location, const Snapshot& snapshot,
                         const std::vector<ManifestFile>& manifests, int32_t format_version = 2);

/// Equal for files of one partition of one spec, and for them only.
std::string PartitionKey(const DataFile& file);

/// The types of a spec's partition values. Errors: kCorrupt when a source column is not in any schema.
Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const TableMetadata& metadata);
Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema);

}  // namespace ingot::iceberg
