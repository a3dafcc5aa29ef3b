// Table metadata: schemas, partition specs, snapshots and properties, in one immutable JSON file per version.
// Source: Iceberg specification, "Table Metadata", Appendix C. Reads formats 1 to 3, creates tables of format 2 or 3.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "iceberg/snapshot.h"
#include "iceberg/text_piece.h"
#include "iceberg/transform.h"
#include "iceberg/types.h"

namespace ingot::iceberg {

struct PartitionField {
  FieldId source_id = 0;
  FieldId field_id = 0;  // at least 1000, unique over all specs of a table
  std::string name;
  Transform transform;
  std::string other = {};  // unknown keys as JSON object text, here and below
  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  int32_t spec_id = 0;
  std::vector<PartitionField> fields;
  std::string other = {};

  bool IsUnpartitioned() const;
  bool SameFields(const PartitionSpec& other) const;
};

struct SortField {
  FieldId source_id = 0;
  Transform transform;
  bool descending = false;
  bool nulls_first = true;
  std::string other = {};
  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  int32_t order_id = 0;
  std::vector<SortField> fields;
  std::string other = {};
};

/// A column to sort by, as properties and the pipeline file name it.
struct SortColumn {
  std::string column;  // full name
  bool descending = false;
  std::optional<bool> nulls_first;  // default: first if ascending, last if descending
  bool operator==(const SortColumn&) const = default;
};

struct SnapshotRef {
  SnapshotId snapshot_id = 0;
  std::string type = "branch";  // or "tag"
  std::optional<int64_t> min_snapshots_to_keep;
  std::optional<int64_t> max_snapshot_age_ms;
  std::optional<int64_t> max_ref_age_ms;
  std::string other = {};
};

struct MetadataLogEntry {
  int64_t timestamp_ms = 0;
  std::string metadata_file;
  std::string other = {};
};

struct TableMetadata {
  int32_t format_version = 2;
  std::string table_uuid;
  std::string location;
  SequenceNumber last_sequence_number = 0;
  int64_t last_updated_ms = 0;
  FieldId last_column_id = 0;
  int64_t next_row_id = 0;  // format 3: greater than all row ids assigned so far
  std::vector<Schema> schemas;
  int32_t current_schema_id = 0;
  std::vector<PartitionSpec> partition_specs;
  int32_t default_spec_id = 0;
  FieldId last_partition_id = 999;
  std::vector<SortOrder> sort_orders;
  int32_t default_sort_order_id = 0;
  Properties properties;
  std::optional<SnapshotId> current_snapshot_id;
  SnapshotList snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::map<std::string, SnapshotRef> refs;
  std::string other;  // unknown top-level keys as JSON object text, and "statistics"

  const Schema& CurrentSchema() const;
  /// The columns of the default sort order. Empty if it is unsorted, or contains a transform, or a nested or dropped
  /// column.
  std::vector<SortColumn> DefaultSort() const;
  const PartitionSpec& DefaultSpec() const;
  const Schema* SchemaById(int32_t schema_id) const;
  const PartitionSpec* SpecById(int32_t spec_id) const;
  const Snapshot* SnapshotById(SnapshotId id) const;
  const Snapshot* CurrentSnapshot() const;
  /// The schema that the snapshot names, or the current one if it names none.
  const Schema& SchemaOf(const Snapshot& snapshot) const;
  std::string Property(const std::string& key, std::string_view fallback) const;
  /// The property in lower case without surrounding blanks: other writers accept codec names in any case.
  std::string PropertyWord(const std::string& key, std::string_view fallback) const;
  bool PropertyBool(const std::string& key, bool fallback) const;
  int64_t PropertyInt(const std::string& key, int64_t fallback) const;
};

/// The folder of metadata files, manifests and manifest lists: write.metadata.path, by default below the table's
/// location.
std::string MetadataFolder(const TableMetadata& metadata);

/// Errors: kCorrupt with the key that violates the specification; kUnsupported for a format above 3 and for a view.
Result<TableMetadata> ParseTableMetadata(std::string_view json);
/// Writes all that was parsed, including unknown keys.
std::string TableMetadataToJson(const TableMetadata& metadata);
/// The same in pieces, which are valid as long as `metadata`.
std::vector<TextPiece> TableMetadataPieces(const TableMetadata& metadata);

/// Errors: kBadInput for a type or a default that tables of this format cannot have.
Status CheckFormatSupports(const Schema& schema, int32_t format_version);

struct NewTable {
  Schema schema;                                             // gets new field ids
  std::vector<std::pair<std::string, Transform>> partition;  // source column name and transform
  std::string location;
  Properties properties;
};
/// Returns the metadata of an empty table. Its format is 2 unless the property "format-version" is 3.
/// Errors: kBadInput for unknown partition columns, transforms that do not accept the column's type, and types that the
/// format does not have.
Result<TableMetadata> MakeTableMetadata(const NewTable& table);

/// Returns a spec over `schema`. Fields equal to a field of `known` keep its id; others get ids after
/// `last_partition_id`.
Result<PartitionSpec> MakePartitionSpec(const std::vector<std::pair<std::string, Transform>>& partition,
                                        const Schema& schema, const std::vector<PartitionSpec>& known,
                                        FieldId& last_partition_id);

/// Makes `schema` the current one. An equal older schema is reused; otherwise it is added with the next id.
void SetCurrentSchema(TableMetadata& metadata, Schema schema);
/// Makes the spec the default. An equal older one is reused; otherwise it is added with the next id.
Status SetPartition(TableMetadata& metadata, const std::vector<std::pair<std::string, Transform>>& partition);
/// Makes the sort order the default. An equal older one is reused; otherwise it is added with the next id. Id 0 is
/// unsorted.
/// Errors: kBadInput for an unknown column.
Status SetSortOrder(TableMetadata& metadata, const std::vector<SortColumn>& columns);
/// The property that sets the format of new or upgraded tables. Metadata files never contain it.
inline constexpr const char* kFormatVersion = "format-version";
/// Checks that Ingot can write to the table. Errors: kUnsupported for an encrypted table.
Status CheckWritable(const TableMetadata& metadata);
/// Raises the format version; existing data stays valid. Errors: kBadInput to lower it, kUnsupported above 3.
Status UpgradeFormat(TableMetadata& metadata, int32_t format_version);
/// Adds a snapshot and makes it the head of `branch`; on "main" it also becomes the current snapshot.
void AddSnapshot(TableMetadata& metadata, Snapshot snapshot, const std::string& branch);
/// Removes the snapshots, their statistics, and the log entries up to the newest removed one, since the log may only
/// name existing snapshots. No ref may point to a removed snapshot.
void RemoveSnapshots(TableMetadata& metadata, const std::unordered_set<SnapshotId>& ids);
/// Moves main back to `id`, which must be an ancestor of the current snapshot (specification: rollback).
Status RollbackTo(TableMetadata& metadata, SnapshotId id);
/// Creates or moves a tag or a branch. Errors: kNotFound for an unknown snapshot.
Status SetRef(TableMetadata& metadata, const std::string& name, SnapshotRef ref);

/// The snapshot that was current on main at this time, from the snapshot log. Nothing if the log begins later.
std::optional<SnapshotId> SnapshotAsOf(const TableMetadata& metadata, int64_t timestamp_ms);

/// The snapshots that `from` has and `in` does not.
std::vector<const Snapshot*> SnapshotsNotIn(const TableMetadata& from, const TableMetadata& in);

/// The snapshot `id` and its ancestors, newest first; ends where a parent is unknown (expired).
std::vector<const Snapshot*> AncestorsOf(const TableMetadata& metadata, std::optional<SnapshotId> id);

}  // namespace ingot::iceberg
