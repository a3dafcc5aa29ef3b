#include "iceberg/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "avro/avro.h"
#include "iceberg/manifest_schema.h"

namespace ingot::iceberg {
namespace {

/// Reads the fields of one Avro record by field id, independent of their order and names in the file.
class Record {
 public:
  Record(const avro::AvroSchema& schema, const avro::AvroValue& value)
      : schema_(schema), list_(std::get<avro::AvroValue::List>(value.value)) {}

  const avro::AvroValue* Find(int32_t field_id) const {
    for (size_t i = 0; i < schema_.members.size(); ++i)
      if (schema_.members[i].field_id == field_id && !list_[i].IsNull()) return &list_[i];
    return nullptr;
  }
  const avro::AvroSchema* SchemaOf(int32_t field_id) const {
    for (const auto& member : schema_.members) {
      if (member.field_id != field_id) continue;
      const avro::AvroSchema* schema = member.schema.get();
      if (schema->kind == avro::AvroKind::kUnion)
        for (const auto& branch : schema->members)
          if (branch.schema->kind != avro::AvroKind::kNull) schema = branch.schema.get();
      return schema;
    }
    return nullptr;
  }
  std::optional<int64_t> Int(int32_t field_id) const { return Typed<int64_t>(field_id); }
  std::optional<std::string> Text(int32_t field_id) const { return Typed<std::string>(field_id); }

 private:
  template <typename T>
  std::optional<T> Typed(int32_t field_id) const {
    const avro::AvroValue* value = Find(field_id);
    if (value == nullptr || !std::holds_alternative<T>(value->value)) return std::nullopt;
    return std::get<T>(value->value);
  }

  const avro::AvroSchema& schema_;
  const avro::AvroValue::List& list_;
};

/// Writes entries in the layout of ManifestAvroSchema; optional fields are unions with null as the first branch.
class EntryWriter {
 public:
  EntryWriter(const avro::AvroSchema& schema, int32_t format_version, avro::AvroWriter& out)
      : schema_(schema), format_version_(format_version), out_(out) {}

  void Write(const ManifestEntry& entry) {
    out_.Long(int64_t(entry.status));
    if (format_version_ < 2) {
      out_.Long(entry.snapshot_id.value_or(0));
    } else {
      Optional(entry.snapshot_id);
      Optional(entry.sequence_number);
      Optional(entry.file_sequence_number);
    }
    Write(entry.file);
  }

 private:
  static constexpr int64_t kBlockBytes = 64 << 20;  // block_size_in_bytes: required in format 1, unused

  void Write(const DataFile& file) {
    if (format_version_ >= 2) out_.Long(int64_t(file.content));
    out_.Bytes(file.location);
    out_.Bytes(file.format);
    const avro::AvroSchema& partition = PartitionSchema();
    for (size_t i = 0; i < partition.members.size(); ++i) Write(file.partition[i], *partition.members[i].schema);
    out_.Long(file.record_count);
    out_.Long(file.file_bytes);
    if (format_version_ < 2) out_.Long(kBlockBytes);
    for (const auto* counts : {&file.column_bytes, &file.value_counts, &file.null_counts, &file.nan_counts})
      Write(*counts);
    Write(file.lower_bounds);
    Write(file.upper_bounds);
    Optional(file.key_metadata);
    Write(file.split_offsets);
    if (format_version_ >= 2) Write(file.equality_ids);
    Optional(file.sort_order_id);
    if (format_version_ >= 2) Optional(file.referenced_data_file);
    if (format_version_ < 3) return;
    Optional(file.first_row_id);
    Optional(file.content_offset);
    Optional(file.content_size_bytes);
  }

  void Write(const Value& value, const avro::AvroSchema& schema) {
    out_.Long(!IsNull(value));
    const auto write = [&](const auto& held) {
      using T = std::decay_t<decltype(held)>;
      if constexpr (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>) {
        out_.Long(held);
      } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, float> || std::is_same_v<T, double>) {
        out_.Raw(held);
      } else if constexpr (std::is_same_v<T, std::string>) {
        const bool fixed = schema.members.back().schema->kind == avro::AvroKind::kFixed;
        fixed ? void(out_.out += held) : out_.Bytes(held);
      } else if constexpr (std::is_same_v<T, Decimal>) {
        std::string bytes = DecimalBytes(held.unscaled);
        const size_t wanted = size_t(schema.members.back().schema->fixed_bytes);
        if (bytes.size() < wanted) bytes.insert(0, wanted - bytes.size(), uint8_t(bytes[0]) & 0x80 ? '\xFF' : '\0');
        out_.out += bytes;
      }
    };
    std::visit(write, value);
  }

  const avro::AvroSchema& PartitionSchema() const {
    for (const auto& member : schema_.members.back().schema->members)
      if (member.name == "partition") return *member.schema;
    return schema_;
  }

  void Optional(const std::string& text) {
    out_.Long(!text.empty());
    if (!text.empty()) out_.Bytes(text);
  }
  template <typename T>
  void Optional(const std::optional<T>& value) {
    out_.Long(value.has_value());
    if (value) out_.Long(*value);
  }

  /// Writes an array, or null if it is empty.
  template <typename List, typename Item>
  void Array(const List& list, const Item& item) {
    out_.Long(!list.empty());
    if (list.empty()) return;
    out_.Long(int64_t(list.size()));
    for (const auto& one : list) item(one);
    out_.Long(0);
  }
  template <typename T>
  void Write(const std::vector<T>& numbers) {
    Array(numbers, [&](T number) { out_.Long(number); });
  }
  void Write(const FieldMap<int64_t>& map) {
    Array(map, [&](const auto& entry) { out_.Long(entry.first), out_.Long(entry.second); });
  }
  void Write(const FieldMap<std::string>& map) {
    Array(map, [&](const auto& entry) { out_.Long(entry.first), out_.Bytes(entry.second); });
  }

  const avro::AvroSchema& schema_;
  const int32_t format_version_;
  avro::AvroWriter& out_;
};

std::vector<PartitionSummary> Summarize(const std::vector<ManifestEntry>& entries, const std::vector<Type>& types) {
  std::vector<PartitionSummary> summaries(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    Value lower, upper;
    const bool floating = types[i].id == TypeId::kFloat || types[i].id == TypeId::kDouble;
    if (floating) summaries[i].contains_nan = false;
    for (const ManifestEntry& entry : entries) {
      const Value& value = entry.file.partition[i];
      const bool nan = floating && !IsNull(value) && CompareValues(value, value) == 0 &&
                       (types[i].id == TypeId::kFloat ? std::get<float>(value) != std::get<float>(value)
                                                      : std::get<double>(value) != std::get<double>(value));
      if (IsNull(value))
        summaries[i].contains_null = true;
      else if (nan)
        summaries[i].contains_nan = true;
      else {
        if (IsNull(lower) || CompareValues(value, lower) < 0) lower = value;
        if (IsNull(upper) || CompareValues(value, upper) > 0) upper = value;
      }
    }
    if (!IsNull(lower))
      summaries[i].lower = SerializeValue(lower, types[i]), summaries[i].upper = SerializeValue(upper, types[i]);
  }
  return summaries;
}

ManifestFile ManifestFileFrom(const Record& record) {
  ManifestFile manifest;
  manifest.location = record.Text(500).value_or("");
  manifest.bytes = record.Int(501).value_or(0);
  manifest.spec_id = int32_t(record.Int(502).value_or(0));
  manifest.holds_deletes = record.Int(517).value_or(0) == 1;
  manifest.sequence_number = record.Int(515).value_or(0);
  manifest.min_sequence_number = record.Int(516).value_or(0);
  manifest.added_snapshot_id = record.Int(503).value_or(0);
  manifest.added_files = record.Int(504);
  manifest.existing_files = record.Int(505);
  manifest.deleted_files = record.Int(506);
  manifest.added_rows = record.Int(512);
  manifest.existing_rows = record.Int(513);
  manifest.deleted_rows = record.Int(514);
  manifest.first_row_id = record.Int(520);
  manifest.key_metadata = record.Text(519).value_or("");
  const avro::AvroValue* partitions = record.Find(507);
  const avro::AvroSchema* schema = record.SchemaOf(507);
  if (partitions == nullptr || schema == nullptr || schema->kind != avro::AvroKind::kArray) return manifest;
  for (const avro::AvroValue& item : std::get<avro::AvroValue::List>(partitions->value)) {
    const Record summary(*schema->members[0].schema, item);
    PartitionSummary partition{.lower = summary.Text(510), .upper = summary.Text(511)};
    const auto flag = [&](int32_t id) -> std::optional<bool> {
      const avro::AvroValue* value = summary.Find(id);
      if (value == nullptr || !std::holds_alternative<bool>(value->value)) return std::nullopt;
      return std::get<bool>(value->value);
    };
    partition.contains_null = flag(509).value_or(true);
    partition.contains_nan = flag(518);
    manifest.partitions.push_back(std::move(partition));
  }
  return manifest;
}

/// Describes a manifest that an old snapshot of format 1 lists without a manifest list, from the manifest's own header.
Result<ManifestFile> InlineManifest(storage::Storage& storage, const std::string& location, const Snapshot& snapshot) {
  INGOT_ASSIGN(const std::string bytes, storage.ReadAll(location));
  INGOT_ASSIGN(const auto properties, WithContext(avro::ReadAvroProperties(bytes), "manifest " + location));
  const auto spec = properties.find("partition-spec-id");
  return ManifestFile{.location = location,
                      .bytes = int64_t(bytes.size()),
                      .spec_id = spec == properties.end() ? 0 : std::atoi(spec->second.c_str()),
                      .added_snapshot_id = snapshot.snapshot_id};
}

}  // namespace

std::string PartitionKey(const DataFile& file) {
  std::string key = std::to_string(file.spec_id);
  for (const Value& value : file.partition) {
    const std::string text = SerializeValue(value, {});
    key += fmt::format("|{}:{}:{}", value.index(), text.size(), text);
  }
  return key;
}

Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema) {
  std::vector<Type> types;
  for (const PartitionField& field : spec.fields) {
    const Field* source = schema.FindById(field.source_id);
    if (source == nullptr && field.transform.kind != TransformKind::kVoid)
      return Fail(ErrorKind::kCorrupt,
                  fmt::format("partition field {}: unknown source column {}", field.name, field.source_id));
    INGOT_ASSIGN(Type type, TransformResultType(field.transform, source ? source->type : Type{.id = TypeId::kInt}));
    types.push_back(std::move(type));
  }
  return types;
}

Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const TableMetadata& metadata) {
  if (auto types = PartitionTypes(spec, metadata.CurrentSchema())) return types;
  // The source column of an old spec may have been dropped. The newest schema that has it gives its type.
  Schema merged = metadata.CurrentSchema();
  for (auto schema = metadata.schemas.rbegin(); schema != metadata.schemas.rend(); ++schema)
    for (const Field& field : schema->fields)
      if (merged.FindById(field.id) == nullptr) merged.fields.push_back(field);
  return PartitionTypes(spec, merged);
}

Result<std::vector<ManifestFile>> ReadManifestList(storage::Storage& storage, const Snapshot& snapshot) {
  std::vector<ManifestFile> manifests;
  if (snapshot.manifest_list.empty()) {
    for (const std::string& location : snapshot.manifests) {
      INGOT_ASSIGN(auto manifest, InlineManifest(storage, location, snapshot));
      manifests.push_back(std::move(manifest));
    }
    return manifests;
  }
  INGOT_ASSIGN(const std::string bytes, storage.ReadAll(snapshot.manifest_list));
  INGOT_ASSIGN(const avro::AvroFile file,
               WithContext(avro::ReadAvroFile(bytes), "manifest list " + snapshot.manifest_list));
  if (file.schema->kind != avro::AvroKind::kRecord)
    return Fail(ErrorKind::kCorrupt, "manifest list " + snapshot.manifest_list + " does not contain records");
  for (const avro::AvroValue& row : file.rows) {
    manifests.push_back(ManifestFileFrom(Record(*file.schema, row)));
    if (manifests.back().location.empty())
      return Fail(ErrorKind::kCorrupt,
                  "manifest list " + snapshot.manifest_list + " has an entry without manifest_path");
  }
  return manifests;
}

void CountEntries(const std::vector<ManifestEntry>& entries, ManifestFile& manifest) {
  manifest.added_files = manifest.existing_files = manifest.deleted_files = 0;
  manifest.added_rows = manifest.existing_rows = manifest.deleted_rows = 0;
  for (const ManifestEntry& entry : entries) {
    auto& files = entry.status == EntryStatus::kAdded      ? manifest.added_files
                  : entry.status == EntryStatus::kExisting ? manifest.existing_files
                                                           : manifest.deleted_files;
    auto& rows = entry.status == EntryStatus::kAdded      ? manifest.added_rows
                 : entry.status == EntryStatus::kExisting ? manifest.existing_rows
                                                          : manifest.deleted_rows;
    ++*files;
    *rows += entry.file.record_count;
  }
}

Result<ManifestFile> WriteManifest(storage::Storage& storage, const std::string& location,
                                   const ManifestContent& content, const std::vector<ManifestEntry>& entries) {
  INGOT_ASSIGN(const std::vector<Type> types, PartitionTypes(*content.spec, *content.schema));
  const std::string schema_json = ManifestAvroSchema(*content.spec, types, content.format_version);
  INGOT_ASSIGN(const auto schema, avro::ParseAvroSchema(schema_json));
  ManifestFile manifest{.location = location,
                        .spec_id = content.spec->spec_id,
                        .holds_deletes = content.holds_deletes,
                        .sequence_number = -1,
                        .min_sequence_number = -1,
                        .added_snapshot_id = content.snapshot_id};
  CountEntries(entries, manifest);
  for (const ManifestEntry& entry : entries)
    if (entry.status != EntryStatus::kDeleted && entry.sequence_number)
      manifest.min_sequence_number = manifest.min_sequence_number < 0
                                         ? *entry.sequence_number
                                         : std::min(manifest.min_sequence_number, *entry.sequence_number);
  manifest.partitions = Summarize(entries, types);
  const std::map<std::string, std::string> properties{{"schema", SchemaToJson(*content.schema)},
                                                      {"schema-id", std::to_string(content.schema->schema_id)},
                                                      {"partition-spec", PartitionFieldsToJson(*content.spec)},
                                                      {"partition-spec-id", std::to_string(content.spec->spec_id)},
                                                      {"format-version", std::to_string(content.format_version)},
                                                      {"content", content.holds_deletes ? "deletes" : "data"}};
  if (content.format_version < 2 && content.holds_deletes)
    return Fail(
        ErrorKind::kUnsupported,
        "tables of Iceberg format 1 cannot have delete files; upgrade the table first: ingot table upgrade TABLE");
  INGOT_ASSIGN(
      const std::string bytes,
      avro::WriteAvroRows(schema_json, properties, entries.size(), [&](size_t i, avro::AvroWriter& out) -> Status {
        EntryWriter(*schema, content.format_version, out).Write(entries[i]);
        return {};
      }));
  manifest.bytes = int64_t(bytes.size());
  INGOT_TRY(storage.CreateAtomic(location, bytes));
  return manifest;
}

Status WriteManifestList(storage::Storage& storage, const std::string& location, const Snapshot& snapshot,
                         const std::vector<ManifestFile>& manifests, int32_t format_version) {
  std::vector<avro::AvroValue> rows;
  for (const ManifestFile& manifest : manifests) {
    avro::AvroValue::List partitions;
    for (const PartitionSummary& partition : manifest.partitions) {
      avro::AvroValue::List summary;
      summary.emplace_back(partition.contains_null);
      summary.push_back(partition.contains_nan ? avro::AvroValue(*partition.contains_nan) : avro::AvroValue());
      summary.push_back(partition.lower ? avro::AvroValue(*partition.lower) : avro::AvroValue());
      summary.push_back(partition.upper ? avro::AvroValue(*partition.upper) : avro::AvroValue());
      partitions.emplace_back(std::move(summary));
    }
    if (!manifest.IsCounted()) return Fail(ErrorKind::kInternal, manifest.location + ": entries without counts");
    const bool fresh = manifest.sequence_number < 0;
    avro::AvroValue::List row;
    row.emplace_back(manifest.location);
    row.emplace_back(manifest.bytes);
    row.emplace_back(int64_t(manifest.spec_id));
    if (format_version >= 2) {
      row.emplace_back(int64_t(manifest.holds_deletes));
      row.emplace_back(fresh ? snapshot.sequence_number : manifest.sequence_number);
      row.emplace_back(manifest.min_sequence_number < 0 ? snapshot.sequence_number : manifest.min_sequence_number);
    }
    row.emplace_back(manifest.added_snapshot_id);
    for (const auto& count : {manifest.added_files, manifest.existing_files, manifest.deleted_files,
                              manifest.added_rows, manifest.existing_rows, manifest.deleted_rows})
      row.emplace_back(*count);
    row.push_back(manifest.partitions.empty() ? avro::AvroValue() : avro::AvroValue(std::move(partitions)));
    row.push_back(manifest.key_metadata.empty() ? avro::AvroValue() : avro::AvroValue(manifest.key_metadata));
    if (format_version >= 3)
      row.push_back(manifest.first_row_id ? avro::AvroValue(*manifest.first_row_id) : avro::AvroValue());
    rows.emplace_back(std::move(row));
  }
  const std::map<std::string, std::string> properties{
      {"snapshot-id", std::to_string(snapshot.snapshot_id)},
      {"parent-snapshot-id", snapshot.parent_id ? std::to_string(*snapshot.parent_id) : "null"},
      {"sequence-number", std::to_string(snapshot.sequence_number)},
      {"format-version", std::to_string(format_version)}};
  INGOT_ASSIGN(const std::string bytes, avro::WriteAvroFile(ManifestListAvroSchema(format_version), properties, rows));
  return storage.CreateAtomic(location, bytes);
}

}  // namespace ingot::iceberg
