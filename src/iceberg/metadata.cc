#include "iceberg/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/json.h"
#include "base/lower_case.h"
#include "base/random.h"
#include "iceberg/history_json.h"
#include "storage/location.h"

namespace ingot::iceberg {
bool PartitionSpec::IsUnpartitioned() const {
  return std::ranges::all_of(fields,
                             [](const PartitionField& field) { return field.transform.kind == TransformKind::kVoid; });
}

bool PartitionSpec::SameFields(const PartitionSpec& other) const {
  return std::ranges::equal(fields, other.fields, [](const PartitionField& a, const PartitionField& b) {
    return a.source_id == b.source_id && a.name == b.name && a.transform == b.transform;
  });
}

std::string Snapshot::Operation() const {
  const auto found = summary.find("operation");
  return found == summary.end() ? "" : found->second;
}

const Schema* TableMetadata::SchemaById(int32_t schema_id) const {
  const auto found = std::ranges::find(schemas, schema_id, &Schema::schema_id);
  return found == schemas.end() ? nullptr : &*found;
}

const PartitionSpec* TableMetadata::SpecById(int32_t spec_id) const {
  const auto found = std::ranges::find(partition_specs, spec_id, &PartitionSpec::spec_id);
  return found == partition_specs.end() ? nullptr : &*found;
}

const Snapshot* TableMetadata::SnapshotById(SnapshotId id) const {
  // The newest snapshots are requested most often.
  for (size_t i = snapshots.size(); i-- > 0;)
    if (snapshots.At(i).id == id) return &snapshots[i];
  return nullptr;
}

const Schema& TableMetadata::CurrentSchema() const {
  return *SchemaById(current_schema_id);
}
const PartitionSpec& TableMetadata::DefaultSpec() const {
  return *SpecById(default_spec_id);
}
const Snapshot* TableMetadata::CurrentSnapshot() const {
  return current_snapshot_id ? SnapshotById(*current_snapshot_id) : nullptr;
}

const Schema& TableMetadata::SchemaOf(const Snapshot& snapshot) const {
  const Schema* schema = snapshot.schema_id ? SchemaById(*snapshot.schema_id) : nullptr;
  return schema ? *schema : CurrentSchema();
}

std::string MetadataFolder(const TableMetadata& metadata) {
  return metadata.Property("write.metadata.path", storage::JoinLocation(metadata.location, "metadata"));
}

std::string TableMetadata::Property(const std::string& key, std::string_view fallback) const {
  const auto found = properties.find(key);
  return found == properties.end() ? std::string(fallback) : found->second;
}

std::string TableMetadata::PropertyWord(const std::string& key, std::string_view fallback) const {
  const std::string text = LowerCase(Property(key, fallback));
  const size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

bool TableMetadata::PropertyBool(const std::string& key, bool fallback) const {
  return PropertyWord(key, fallback ? "true" : "false") == "true";
}

int64_t TableMetadata::PropertyInt(const std::string& key, int64_t fallback) const {
  const auto found = properties.find(key);
  if (found == properties.end()) return fallback;
  const std::string text = PropertyWord(key, "");
  int64_t number = fallback;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : fallback;
}

Result<PartitionSpec> MakePartitionSpec(const std::vector<std::pair<std::string, Transform>>& partition,
                                        const Schema& schema, const std::vector<PartitionSpec>& known,
                                        FieldId& last_partition_id) {
  PartitionSpec spec;
  for (const auto& [column, transform] : partition) {
    const Field* source = schema.FindByName(column);
    if (source == nullptr) return Fail(ErrorKind::kBadInput, "unknown partition column: " + column);
    INGOT_TRY(TransformResultType(transform, source->type));
    std::string suffix;
    if (transform.kind == TransformKind::kTruncate)
      suffix = "_trunc";
    else if (transform.kind != TransformKind::kIdentity)
      suffix = "_" + TransformName(transform).substr(0, TransformName(transform).find('['));
    PartitionField field{.source_id = source->id, .field_id = 0, .name = column + suffix, .transform = transform};
    if (transform.kind != TransformKind::kIdentity && schema.FindByName(field.name) != nullptr)
      field.name += "_partition";
    for (const PartitionSpec& other : known)
      for (const PartitionField& candidate : other.fields)
        if (candidate.source_id == field.source_id && candidate.transform == transform)
          field.field_id = candidate.field_id, field.name = candidate.name;
    if (field.field_id == 0) field.field_id = ++last_partition_id;
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

Status CheckFormatSupports(const Schema& schema, int32_t format_version) {
  if (format_version >= 3) return {};
  for (const Field& field : schema.fields) {
    const TypeId type = field.type.id;
    if (type == TypeId::kTimestampNs || type == TypeId::kTimestamptzNs || type == TypeId::kVariant ||
        type == TypeId::kUnknown)
      return Fail(ErrorKind::kBadInput, fmt::format("column {} is {}, which requires format 3 (property {})",
                                                    field.name, TypeName(field.type), kFormatVersion));
    if (!field.initial_default.empty() || !field.write_default.empty())
      return Fail(ErrorKind::kBadInput, fmt::format("column {} has a default, which requires format 3", field.name));
  }
  return {};
}

Status UpgradeFormat(TableMetadata& metadata, int32_t format_version) {
  if (format_version < metadata.format_version)
    return Fail(ErrorKind::kBadInput, fmt::format("a table of format {} cannot be changed to format {}",
                                                  metadata.format_version, format_version));
  if (format_version > 3)
    return Fail(ErrorKind::kUnsupported,
                fmt::format("format version {} is not supported; Ingot writes 2 and 3", format_version));
  metadata.format_version = format_version;
  if (metadata.table_uuid.empty()) metadata.table_uuid = RandomUuid();  // optional in format 1
  return {};
}

Status CheckWritable(const TableMetadata& metadata) {
  // Ingot would write the data unencrypted.
  if (metadata.properties.contains("encryption.key-id"))
    return Fail(
        ErrorKind::kUnsupported,
        "the table is encrypted (property encryption.key-id), which is not supported: use the engine that writes it");
  return {};
}

Result<TableMetadata> MakeTableMetadata(const NewTable& table) {
  TableMetadata metadata;
  metadata.properties = table.properties;
  if (const auto format = metadata.properties.extract(kFormatVersion))
    INGOT_TRY(UpgradeFormat(metadata, std::atoi(format.mapped().c_str())));
  metadata.table_uuid = RandomUuid();
  metadata.location = table.location;
  metadata.last_updated_ms = NowMicros() / 1000;
  Schema schema = table.schema;
  schema.schema_id = 0;
  metadata.last_column_id = AssignFreshIds(schema.fields, 0);
  INGOT_TRY(CheckFormatSupports(schema, metadata.format_version));
  INGOT_ASSIGN(PartitionSpec spec, MakePartitionSpec(table.partition, schema, {}, metadata.last_partition_id));
  metadata.schemas.push_back(std::move(schema));
  metadata.partition_specs.push_back(std::move(spec));
  metadata.sort_orders.push_back({});
  return metadata;
}

void SetCurrentSchema(TableMetadata& metadata, Schema schema) {
  metadata.last_column_id = std::max(metadata.last_column_id, schema.HighestFieldId());
  for (const Schema& known : metadata.schemas) {
    if (!known.SameFields(schema)) continue;
    metadata.current_schema_id = known.schema_id;
    return;
  }
  schema.schema_id = std::ranges::max(metadata.schemas, {}, &Schema::schema_id).schema_id + 1;
  metadata.current_schema_id = schema.schema_id;
  metadata.schemas.push_back(std::move(schema));
}

Status SetPartition(TableMetadata& metadata, const std::vector<std::pair<std::string, Transform>>& partition) {
  INGOT_ASSIGN(PartitionSpec spec, MakePartitionSpec(partition, metadata.CurrentSchema(), metadata.partition_specs,
                                                     metadata.last_partition_id));
  for (const PartitionSpec& known : metadata.partition_specs) {
    if (!known.SameFields(spec)) continue;
    metadata.default_spec_id = known.spec_id;
    return {};
  }
  spec.spec_id = std::ranges::max(metadata.partition_specs, {}, &PartitionSpec::spec_id).spec_id + 1;
  metadata.default_spec_id = spec.spec_id;
  metadata.partition_specs.push_back(std::move(spec));
  return {};
}

void AddSnapshot(TableMetadata& metadata, Snapshot snapshot, const std::string& branch) {
  metadata.last_sequence_number = std::max(metadata.last_sequence_number, snapshot.sequence_number);
  metadata.next_row_id = std::max(metadata.next_row_id, snapshot.NextRowId());
  metadata.refs[branch].snapshot_id = snapshot.snapshot_id;
  if (branch == "main") {
    metadata.current_snapshot_id = snapshot.snapshot_id;
    metadata.snapshot_log.push_back({snapshot.timestamp_ms, snapshot.snapshot_id});
  }
  std::string json;
  AppendSnapshotJson(snapshot, metadata.format_version, json);
  snapshot.json = std::move(json);
  metadata.snapshots.push_back(std::move(snapshot));
}

void RemoveSnapshots(TableMetadata& metadata, const std::unordered_set<SnapshotId>& ids) {
  metadata.snapshots.EraseIf([&](const Snapshot& snapshot) { return ids.contains(snapshot.snapshot_id); });
  auto& log = metadata.snapshot_log;
  const auto last_gone = std::find_if(log.rbegin(), log.rend(),
                                      [&](const SnapshotLogEntry& entry) { return ids.contains(entry.snapshot_id); });
  log.erase(log.begin(), last_gone.base());
  Json other = metadata.other.empty() ? Json::object() : Json::parse(metadata.other);
  for (const char* list : {"statistics", "partition-statistics"}) {
    const auto found = other.find(list);
    if (found == other.end() || !found->is_array()) continue;
    Json kept = Json::array();
    for (const Json& entry : *found)
      if (!ids.contains(entry.value("snapshot-id", SnapshotId(0)))) kept.push_back(entry);
    *found = std::move(kept);
  }
  metadata.other = other.empty() ? "" : other.dump();
}

std::optional<SnapshotId> SnapshotAsOf(const TableMetadata& metadata, int64_t timestamp_ms) {
  // Writers' clocks differ, so the entries may not be in the order of their times.
  const SnapshotLogEntry* newest = nullptr;
  for (const SnapshotLogEntry& entry : metadata.snapshot_log)
    if (entry.timestamp_ms <= timestamp_ms && (newest == nullptr || entry.timestamp_ms >= newest->timestamp_ms))
      newest = &entry;
  return newest ? std::optional(newest->snapshot_id) : std::nullopt;
}

std::vector<const Snapshot*> SnapshotsNotIn(const TableMetadata& from, const TableMetadata& in) {
  std::unordered_set<SnapshotId> there;
  for (size_t i = 0; i < in.snapshots.size(); ++i) there.insert(in.snapshots.At(i).id);
  std::vector<const Snapshot*> missing;
  for (const Snapshot& snapshot : from.snapshots)
    if (!there.contains(snapshot.snapshot_id)) missing.push_back(&snapshot);
  return missing;
}

std::vector<const Snapshot*> AncestorsOf(const TableMetadata& metadata, std::optional<SnapshotId> id) {
  const SnapshotList& all = metadata.snapshots;
  std::vector<const Snapshot*> chain;
  size_t before = all.size();                // a parent is usually next to its child
  while (id && chain.size() < all.size()) {  // ends also for a cycle in damaged metadata
    size_t at = before;
    while (at > 0 && all.At(at - 1).id != *id) --at;
    const Snapshot* snapshot = at > 0 ? &all[at - 1] : metadata.SnapshotById(*id);
    if (snapshot == nullptr) break;
    chain.push_back(snapshot);
    id = snapshot->parent_id;
    if (at > 0) before = at - 1;
  }
  return chain;
}

Status RollbackTo(TableMetadata& metadata, SnapshotId id) {
  const auto chain = AncestorsOf(metadata, metadata.current_snapshot_id);
  if (std::ranges::find(chain, id, &Snapshot::snapshot_id) == chain.end())
    return Fail(
        ErrorKind::kBadInput,
        fmt::format("snapshot {} is not an ancestor of the current snapshot; choose one from the table's history", id));
  metadata.current_snapshot_id = id;
  metadata.refs["main"].snapshot_id = id;
  metadata.snapshot_log.push_back({NowMicros() / 1000, id});
  return {};
}

Status SetRef(TableMetadata& metadata, const std::string& name, SnapshotRef ref) {
  if (metadata.SnapshotById(ref.snapshot_id) == nullptr)
    return Fail(ErrorKind::kNotFound, fmt::format("unknown snapshot: {}", ref.snapshot_id));
  if (name == "main") return Fail(ErrorKind::kBadInput, "the main branch can only be moved by commits and rollback");
  const auto found = metadata.refs.find(name);
  if (found != metadata.refs.end() && found->second.type != ref.type)
    return Fail(ErrorKind::kExists, "a " + found->second.type + " with this name exists: " + name);
  if (found == metadata.refs.end())
    metadata.refs[name] = std::move(ref);
  else
    found->second.snapshot_id = ref.snapshot_id;  // its retention settings stay
  return {};
}

}  // namespace ingot::iceberg
