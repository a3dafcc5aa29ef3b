#include "iceberg/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "iceberg/avro.h"
#include "iceberg/manifest_schema.h"

namespace ingot::iceberg {
namespace {

/// Reads the fields of one Avro record by field id, so that the order and the names in the file do not matter.
class Record {
 public:
  Record(const AvroSchema& schema, const AvroValue& value)
      : schema_(schema), list_(std::get<AvroValue::List>(value.value)) {}

  const AvroValue* Find(int32_t field_id) const {
    for (size_t i = 0; i < schema_.members.size(); ++i)
      if (schema_.members[i].field_id == field_id && !list_[i].IsNull()) return &list_[i];
    return nullptr;
  }
  const AvroSchema* SchemaOf(int32_t field_id) const {
    for (const auto& member : schema_.members) {
      if (member.field_id != field_id) continue;
      const AvroSchema* schema = member.schema.get();
      if (schema->kind == AvroKind::kUnion)
        for (const auto& branch : schema->members)
          if (branch.schema->kind != AvroKind::kNull) schema = branch.schema.get();
      return schema;
    }
    return nullptr;
  }
  std::optional<int64_t> Int(int32_t field_id) const { return Typed<int64_t>(field_id); }
  std::optional<std::string> Text(int32_t field_id) const { return Typed<std::string>(field_id); }

  std::vector<int64_t> Ints(int32_t field_id) const {
    std::vector<int64_t> numbers;
    if (const AvroValue* value = Find(field_id); value && std::holds_alternative<AvroValue::List>(value->value))
      for (const AvroValue& item : std::get<AvroValue::List>(value->value))
        if (std::holds_alternative<int64_t>(item.value)) numbers.push_back(std::get<int64_t>(item.value));
    return numbers;
  }

  /// An array of key-value records.
  template <typename T>
  std::map<FieldId, T> Map(int32_t field_id) const {
    std::map<FieldId, T> map;
    const AvroValue* value = Find(field_id);
    if (value == nullptr || !std::holds_alternative<AvroValue::List>(value->value)) return map;
    for (const AvroValue& item : std::get<AvroValue::List>(value->value)) {
      const auto* pair = std::get_if<AvroValue::List>(&item.value);
      if (pair == nullptr || pair->size() != 2) continue;
      const auto* key = std::get_if<int64_t>(&(*pair)[0].value);
      const auto* mapped = std::get_if<T>(&(*pair)[1].value);
      if (key && mapped) map[FieldId(*key)] = *mapped;
    }
    return map;
  }

 private:
  template <typename T>
  std::optional<T> Typed(int32_t field_id) const {
    const AvroValue* value = Find(field_id);
    if (value == nullptr || !std::holds_alternative<T>(value->value)) return std::nullopt;
    return std::get<T>(value->value);
  }

  const AvroSchema& schema_;
  const AvroValue::List& list_;
};

Value PartitionValueFrom(const AvroValue& value, const Type& type) {
  if (value.IsNull()) return {};
  if (const auto* number = std::get_if<int64_t>(&value.value)) {
    if (type.id == TypeId::kInt || type.id == TypeId::kDate) return int32_t(*number);
    return *number;
  }
  if (const auto* flag = std::get_if<bool>(&value.value)) return *flag;
  if (const auto* number = std::get_if<float>(&value.value))
    return type.id == TypeId::kDouble ? Value(double(*number)) : Value(*number);
  if (const auto* number = std::get_if<double>(&value.value)) return *number;
  if (const auto* bytes = std::get_if<std::string>(&value.value)) {
    if (type.id == TypeId::kDecimal) return Decimal{DecimalFromBytes(*bytes)};
    return *bytes;
  }
  return {};
}

AvroValue PartitionValueTo(const Value& value, const Type& type, const AvroSchema& schema) {
  switch (value.index()) {
    case 1:
      return std::get<bool>(value);
    case 2:
      return int64_t(std::get<int32_t>(value));
    case 3:
      return std::get<int64_t>(value);
    case 4:
      return std::get<float>(value);
    case 5:
      return std::get<double>(value);
    case 6:
      return std::get<std::string>(value);
    case 7: {
      std::string bytes = DecimalBytes(std::get<Decimal>(value).unscaled);
      const size_t wanted = size_t(schema.members.back().schema->fixed_bytes);
      if (bytes.size() < wanted) bytes.insert(0, wanted - bytes.size(), uint8_t(bytes[0]) & 0x80 ? '\xFF' : '\0');
      return bytes;
    }
    default:
      (void)type;
      return {};
  }
}

Result<DataFile> DataFileFrom(const Record& record, const PartitionSpec& spec, const std::vector<Type>& types) {
  DataFile file;
  file.content = FileContent(record.Int(134).value_or(0));
  const auto location = record.Text(100), format = record.Text(101);
  const auto rows = record.Int(103), bytes = record.Int(104);
  if (!location || !format || !rows || !bytes)
    return Fail(ErrorKind::kCorrupt,
                "a manifest entry lacks file_path, file_format, record_count or file_size_in_bytes");
  file.location = *location;
  file.format = *format;
  for (char& c : file.format) c = char(std::toupper(c));
  file.spec_id = spec.spec_id;
  file.record_count = *rows;
  file.file_bytes = *bytes;
  const AvroValue* partition = record.Find(102);
  const AvroSchema* partition_schema = record.SchemaOf(102);
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    Value value;
    if (partition && partition_schema && partition_schema->kind == AvroKind::kRecord) {
      const Record values(*partition_schema, *partition);
      const AvroValue* found = values.Find(spec.fields[i].field_id);
      if (found != nullptr) value = PartitionValueFrom(*found, types[i]);
    }
    file.partition.push_back(std::move(value));
  }
  file.column_bytes = record.Map<int64_t>(108);
  file.value_counts = record.Map<int64_t>(109);
  file.null_counts = record.Map<int64_t>(110);
  file.nan_counts = record.Map<int64_t>(137);
  file.lower_bounds = record.Map<std::string>(125);
  file.upper_bounds = record.Map<std::string>(128);
  file.split_offsets = record.Ints(132);
  for (const int64_t id : record.Ints(135)) file.equality_ids.push_back(FieldId(id));
  if (const auto order = record.Int(140)) file.sort_order_id = int32_t(*order);
  file.referenced_data_file = record.Text(143).value_or("");
  file.content_offset = record.Int(144);
  file.content_size_bytes = record.Int(145);
  return file;
}

template <typename T>
AvroValue MapTo(const std::map<FieldId, T>& map) {
  if (map.empty()) return {};
  AvroValue::List list;
  for (const auto& [key, value] : map) {
    AvroValue::List pair;
    pair.emplace_back(int64_t(key));
    pair.emplace_back(value);
    list.emplace_back(std::move(pair));
  }
  return list;
}

template <typename T>
AvroValue ListTo(const std::vector<T>& numbers) {
  if (numbers.empty()) return {};
  AvroValue::List list;
  for (const T number : numbers) list.emplace_back(int64_t(number));
  return list;
}

template <typename T>
AvroValue OptionalTo(const std::optional<T>& value) {
  return value ? AvroValue(int64_t(*value)) : AvroValue();
}

AvroValue EntryTo(const ManifestEntry& entry, const std::vector<Type>& types, const AvroSchema& schema) {
  const DataFile& file = entry.file;
  const AvroSchema& file_schema = *schema.members[4].schema;
  AvroValue::List partition;
  for (size_t i = 0; i < types.size(); ++i)
    partition.push_back(
        PartitionValueTo(file.partition[i], types[i], *file_schema.members[3].schema->members[i].schema));
  AvroValue::List data;
  data.emplace_back(int64_t(file.content));
  data.emplace_back(file.location);
  data.emplace_back(file.format);
  data.emplace_back(std::move(partition));
  data.emplace_back(file.record_count);
  data.emplace_back(file.file_bytes);
  data.push_back(MapTo(file.column_bytes));
  data.push_back(MapTo(file.value_counts));
  data.push_back(MapTo(file.null_counts));
  data.push_back(MapTo(file.nan_counts));
  data.push_back(MapTo(file.lower_bounds));
  data.push_back(MapTo(file.upper_bounds));
  data.emplace_back();  // key_metadata: encryption is not supported
  data.push_back(ListTo(file.split_offsets));
  data.push_back(ListTo(file.equality_ids));
  data.push_back(OptionalTo(file.sort_order_id));
  data.push_back(file.referenced_data_file.empty() ? AvroValue() : AvroValue(file.referenced_data_file));
  AvroValue::List row;
  row.emplace_back(int64_t(entry.status));
  row.push_back(OptionalTo(entry.snapshot_id));
  row.push_back(OptionalTo(entry.sequence_number));
  row.push_back(OptionalTo(entry.file_sequence_number));
  row.emplace_back(std::move(data));
  return row;
}

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
  const AvroValue* partitions = record.Find(507);
  const AvroSchema* schema = record.SchemaOf(507);
  if (partitions == nullptr || schema == nullptr || schema->kind != AvroKind::kArray) return manifest;
  for (const AvroValue& item : std::get<AvroValue::List>(partitions->value)) {
    const Record summary(*schema->members[0].schema, item);
    PartitionSummary partition{.lower = summary.Text(510), .upper = summary.Text(511)};
    const auto flag = [&](int32_t id) -> std::optional<bool> {
      const AvroValue* value = summary.Find(id);
      if (value == nullptr || !std::holds_alternative<bool>(value->value)) return std::nullopt;
      return std::get<bool>(value->value);
    };
    partition.contains_null = flag(509).value_or(true);
    partition.contains_nan = flag(518);
    manifest.partitions.push_back(std::move(partition));
  }
  return manifest;
}

}  // namespace

Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema) {
  std::vector<Type> types;
  for (const PartitionField& field : spec.fields) {
    const Field* source = schema.FindById(field.source_id);
    if (source == nullptr && field.transform.kind != TransformKind::kVoid)
      return Fail(ErrorKind::kCorrupt,
                  fmt::format("partition field {} has no source column {}", field.name, field.source_id));
    INGOT_ASSIGN(Type type, TransformResultType(field.transform, source ? source->type : Type{.id = TypeId::kInt}));
    types.push_back(std::move(type));
  }
  return types;
}

Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const TableMetadata& metadata) {
  if (auto types = PartitionTypes(spec, metadata.CurrentSchema())) return types;
  // A column that an old spec used may have been dropped: the newest schema that had it says its type.
  Schema merged = metadata.CurrentSchema();
  for (auto schema = metadata.schemas.rbegin(); schema != metadata.schemas.rend(); ++schema)
    for (const Field& field : schema->fields)
      if (merged.FindById(field.id) == nullptr) merged.fields.push_back(field);
  return PartitionTypes(spec, merged);
}

Result<std::vector<ManifestFile>> ReadManifestList(storage::Storage& storage, const Snapshot& snapshot) {
  std::vector<ManifestFile> manifests;
  for (const std::string& location : snapshot.manifests)
    manifests.push_back({.location = location, .added_snapshot_id = snapshot.snapshot_id});
  if (snapshot.manifest_list.empty()) return manifests;
  INGOT_ASSIGN(const std::string bytes, storage.ReadAll(snapshot.manifest_list));
  INGOT_ASSIGN(const AvroFile file, WithContext(ReadAvroFile(bytes), "manifest list " + snapshot.manifest_list));
  if (file.schema->kind != AvroKind::kRecord)
    return Fail(ErrorKind::kCorrupt, "manifest list " + snapshot.manifest_list + " holds no records");
  for (const AvroValue& row : file.rows) {
    manifests.push_back(ManifestFileFrom(Record(*file.schema, row)));
    if (manifests.back().location.empty())
      return Fail(ErrorKind::kCorrupt,
                  "manifest list " + snapshot.manifest_list + " has an entry without manifest_path");
  }
  return manifests;
}

Result<std::vector<ManifestEntry>> ReadManifest(storage::Storage& storage, const ManifestFile& manifest,
                                                const TableMetadata& metadata) {
  INGOT_ASSIGN(const std::string bytes, storage.ReadAll(manifest.location));
  INGOT_ASSIGN(const AvroFile file, WithContext(ReadAvroFile(bytes), "manifest " + manifest.location));
  const PartitionSpec* spec = metadata.SpecById(manifest.spec_id);
  if (spec == nullptr)
    return Fail(ErrorKind::kCorrupt,
                fmt::format("manifest {} names an unknown partition spec {}", manifest.location, manifest.spec_id));
  INGOT_ASSIGN(const std::vector<Type> types, PartitionTypes(*spec, metadata));
  std::vector<ManifestEntry> entries;
  entries.reserve(file.rows.size());
  for (const AvroValue& row : file.rows) {
    const Record record(*file.schema, row);
    const AvroValue* data = record.Find(2);
    const AvroSchema* data_schema = record.SchemaOf(2);
    if (data == nullptr || data_schema == nullptr || data_schema->kind != AvroKind::kRecord)
      return Fail(ErrorKind::kCorrupt, "manifest " + manifest.location + " has an entry without data_file");
    ManifestEntry entry{.status = EntryStatus(record.Int(0).value_or(0)), .snapshot_id = record.Int(1)};
    entry.sequence_number = record.Int(3);
    entry.file_sequence_number = record.Int(4);
    INGOT_ASSIGN(entry.file, DataFileFrom(Record(*data_schema, *data), *spec, types));
    // Inheritance (specification, "Sequence Number Inheritance"): format 1 has sequence number 0 everywhere.
    if (!entry.snapshot_id) entry.snapshot_id = manifest.added_snapshot_id;
    if (!entry.sequence_number && (entry.status == EntryStatus::kAdded || manifest.sequence_number == 0))
      entry.sequence_number = manifest.sequence_number;
    if (!entry.file_sequence_number && (entry.status == EntryStatus::kAdded || manifest.sequence_number == 0))
      entry.file_sequence_number = manifest.sequence_number;
    if (!entry.sequence_number)
      return Fail(ErrorKind::kCorrupt, "manifest " + manifest.location + " has an old entry without a sequence number");
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<ManifestFile> WriteManifest(storage::Storage& storage, const std::string& location,
                                   const ManifestContent& content, const std::vector<ManifestEntry>& entries) {
  INGOT_ASSIGN(const std::vector<Type> types, PartitionTypes(*content.spec, *content.schema));
  const std::string schema_json = ManifestAvroSchema(*content.spec, types);
  INGOT_ASSIGN(const auto schema, ParseAvroSchema(schema_json));
  ManifestFile manifest{.location = location,
                        .spec_id = content.spec->spec_id,
                        .holds_deletes = content.holds_deletes,
                        .sequence_number = -1,
                        .min_sequence_number = -1,
                        .added_snapshot_id = content.snapshot_id,
                        .added_files = 0,
                        .existing_files = 0,
                        .deleted_files = 0,
                        .added_rows = 0,
                        .existing_rows = 0,
                        .deleted_rows = 0};
  std::vector<AvroValue> rows;
  rows.reserve(entries.size());
  for (const ManifestEntry& entry : entries) {
    rows.push_back(EntryTo(entry, types, *schema));
    auto& files = entry.status == EntryStatus::kAdded      ? manifest.added_files
                  : entry.status == EntryStatus::kExisting ? manifest.existing_files
                                                           : manifest.deleted_files;
    auto& counted = entry.status == EntryStatus::kAdded      ? manifest.added_rows
                    : entry.status == EntryStatus::kExisting ? manifest.existing_rows
                                                             : manifest.deleted_rows;
    ++*files;
    *counted += entry.file.record_count;
    if (entry.status != EntryStatus::kDeleted && entry.sequence_number)
      manifest.min_sequence_number = manifest.min_sequence_number < 0
                                         ? *entry.sequence_number
                                         : std::min(manifest.min_sequence_number, *entry.sequence_number);
  }
  manifest.partitions = Summarize(entries, types);
  const std::map<std::string, std::string> properties{{"schema", SchemaToJson(*content.schema)},
                                                      {"schema-id", std::to_string(content.schema->schema_id)},
                                                      {"partition-spec", PartitionFieldsToJson(*content.spec)},
                                                      {"partition-spec-id", std::to_string(content.spec->spec_id)},
                                                      {"format-version", "2"},
                                                      {"content", content.holds_deletes ? "deletes" : "data"}};
  INGOT_ASSIGN(const std::string bytes, WriteAvroFile(schema_json, properties, rows));
  manifest.bytes = int64_t(bytes.size());
  INGOT_TRY(storage.CreateAtomic(location, bytes));
  return manifest;
}

Status WriteManifestList(storage::Storage& storage, const std::string& location, const Snapshot& snapshot,
                         const std::vector<ManifestFile>& manifests) {
  std::vector<AvroValue> rows;
  for (const ManifestFile& manifest : manifests) {
    AvroValue::List partitions;
    for (const PartitionSummary& partition : manifest.partitions) {
      AvroValue::List summary;
      summary.emplace_back(partition.contains_null);
      summary.push_back(partition.contains_nan ? AvroValue(*partition.contains_nan) : AvroValue());
      summary.push_back(partition.lower ? AvroValue(*partition.lower) : AvroValue());
      summary.push_back(partition.upper ? AvroValue(*partition.upper) : AvroValue());
      partitions.emplace_back(std::move(summary));
    }
    const bool fresh = manifest.sequence_number < 0;
    AvroValue::List row;
    row.emplace_back(manifest.location);
    row.emplace_back(manifest.bytes);
    row.emplace_back(int64_t(manifest.spec_id));
    row.emplace_back(int64_t(manifest.holds_deletes));
    row.emplace_back(fresh ? snapshot.sequence_number : manifest.sequence_number);
    row.emplace_back(manifest.min_sequence_number < 0 ? snapshot.sequence_number : manifest.min_sequence_number);
    row.emplace_back(manifest.added_snapshot_id);
    for (const auto& count : {manifest.added_files, manifest.existing_files, manifest.deleted_files,
                              manifest.added_rows, manifest.existing_rows, manifest.deleted_rows})
      row.emplace_back(count.value_or(0));
    row.push_back(manifest.partitions.empty() ? AvroValue() : AvroValue(std::move(partitions)));
    row.emplace_back();
    rows.emplace_back(std::move(row));
  }
  const std::map<std::string, std::string> properties{
      {"snapshot-id", std::to_string(snapshot.snapshot_id)},
      {"parent-snapshot-id", snapshot.parent_id ? std::to_string(*snapshot.parent_id) : "null"},
      {"sequence-number", std::to_string(snapshot.sequence_number)},
      {"format-version", "2"}};
  INGOT_ASSIGN(const std::string bytes, WriteAvroFile(ManifestListAvroSchema(), properties, rows));
  return storage.CreateAtomic(location, bytes);
}

}  // namespace ingot::iceberg
