// Table metadata: everything a table is, in one immutable JSON file per version.
// Source: Iceberg specification, "Table Metadata", Appendix C. Reads formats 1 to 3, creates tables of 2 or 3.
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
  FieldId field_id = 0;  // from 1000 up, unique over all specs of a table
  std::string name;
  Transform transform;
  std::string other = {};  // JSON object text of keys this version does not know, here and below
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
  std::optional<bool> nulls_first;  // as they come first in ascending order, and last in descending, when absent
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
  int64_t next_row_id = 0;  // format 3: above every id that a row has had
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
  std::string other;  // JSON object text of top-level keys this version does not know, e.g. statistics

  const Schema& CurrentSchema() const;
  /// Nothing to sort by where the default order is unsorted, or has a transform, or a column that is nested or gone.
  std::vector<SortColumn> DefaultSort() const;
  const PartitionSpec& DefaultSpec() const;
  const Schema* SchemaById(int32_t schema_id) const;
  const PartitionSpec* SpecById(int32_t spec_id) const;
  const Snapshot* SnapshotById(SnapshotId id) const;
  const Snapshot* CurrentSnapshot() const;
  /// The schema a snapshot was written with; the current one where it does not say.
  const Schema& SchemaOf(const Snapshot& snapshot) const;
  std::string Property(const std::string& key, std::string_view fallback) const;
  /// In lower case, without blanks around it: the names of codecs, as all writers take them.
  std::string PropertyWord(const std::string& key, std::string_view fallback) const;
  bool PropertyBool(const std::string& key, bool fallback) const;
  int64_t PropertyInt(const std::string& key, int64_t fallback) const;
};

/// Where metadata files, manifests and manifest lists go: write.metadata.path, else below the table's location.
std::string MetadataFolder(const TableMetadata& metadata);

/// Errors: kCorrupt with the key that breaks the specification; kUnsupported for a format above 3, and for a view.
Result<TableMetadata> ParseTableMetadata(std::string_view json);
/// What was parsed comes back out, unknown keys included.
std::string TableMetadataToJson(const TableMetadata& metadata);
/// The same in pieces, for as long as `metadata` is there.
std::vector<TextPiece> TableMetadataPieces(const TableMetadata& metadata);

/// Errors: kBadInput for a type, or a default, that tables of this format do not have.
Status CheckFormatHas(const Schema& schema, int32_t format_version);

struct NewTable {
  Schema schema;                                             // field ids are given afresh
  std::vector<std::pair<std::string, Transform>> partition;  // source column name and transform
  std::string location;
  Properties properties;
};
/// Metadata of an empty table, of format 2 unless the property "format-version" says 3. Errors: kBadInput for unknown
/// partition columns, transforms that do not fit, and what the format does not have.
Result<TableMetadata> MakeTableMetadata(const NewTable& table);

/// A spec over `schema` with fresh field ids after `last_partition_id`; fields equal to one of `known` keep its id.
Result<PartitionSpec> MakePartitionSpec(const std::vector<std::pair<std::string, Transform>>& partition,
                                        const Schema& schema, const std::vector<PartitionSpec>& known,
                                        FieldId& last_partition_id);

/// Makes `schema` the current one: an equal older schema is used again, else it is added with the next id.
void SetCurrentSchema(TableMetadata& metadata, Schema schema);
/// Makes the spec the default: an equal older one is used again, else it is added with the next id.
Status SetPartition(TableMetadata& metadata, const std::vector<std::pair<std::string, Transform>>& partition);
/// Makes the order the default: an equal older one is used again, else it is added with the next id; 0 is unsorted.
/// Errors: kBadInput for an unknown column.
Status SetSortOrder(TableMetadata& metadata, const std::vector<SortColumn>& columns);
/// The property that says it for tables that are made, or brought to another format; no metadata file has it.
inline constexpr const char* kFormatVersion = "format-version";
/// Whether this version may write to the table. Errors: kUnsupported for an encrypted one.
Status CheckWritable(const TableMetadata& metadata);
/// Raises the format version; what is there stays valid. Errors: kBadInput to lower it, kUnsupported above 3.
Status UpgradeFormat(TableMetadata& metadata, int32_t format_version);
/// Adds a snapshot and makes it the head of `branch`; of "main", the current one too.
void AddSnapshot(TableMetadata& metadata, Snapshot snapshot, const std::string& branch);
/// Forgets the snapshots, the statistics of them, and what the log says from before the youngest of them: it must name
/// known snapshots only. No ref may point to them.
void RemoveSnapshots(TableMetadata& metadata, const std::unordered_set<SnapshotId>& ids);
/// Moves main back to `id`, which must be an ancestor of the current snapshot (specification: rollback).
Status RollbackTo(TableMetadata& metadata, SnapshotId id);
/// Creates or moves a tag or a branch. Errors: kNotFound for an unknown snapshot.
Status SetRef(TableMetadata& metadata, const std::string& name, SnapshotRef ref);

/// The snapshot that main was at then, by its log. Nothing for a time before it.
std::optional<SnapshotId> SnapshotAsOf(const TableMetadata& metadata, int64_t timestamp_ms);

/// The snapshots of `from` that `in` does not have.
std::vector<const Snapshot*> SnapshotsNotIn(const TableMetadata& from, const TableMetadata& in);

/// The snapshots from `id` back to the first, newest first; stops where the parent is not known any more.
std::vector<const Snapshot*> AncestorsOf(const TableMetadata& metadata, std::optional<SnapshotId> id);

}  // namespace ingot::iceberg
