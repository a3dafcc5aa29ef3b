// Reads manifest entries directly from Avro, without an intermediate tree of values.
#include <fmt/format.h>

#include <algorithm>

#include "avro/avro.h"
#include "iceberg/manifest.h"

namespace ingot::iceberg {
namespace {

/// Calls `read(field_id, schema)` for each field of a record that is not null. `read` must consume the value.
template <typename Read>
void ForEachField(avro::AvroReader& in, const avro::AvroSchema& record, const Read& read) {
  for (const auto& member : record.members) {
    const avro::AvroSchema* schema = member.schema.get();
    if (schema->kind == avro::AvroKind::kUnion) schema = &in.Branch(*schema);
    if (schema->kind != avro::AvroKind::kNull) read(member.field_id, *schema);
    if (in.failed) return;
  }
}

bool IsWhole(const avro::AvroSchema& schema) {
  return schema.kind == avro::AvroKind::kInt || schema.kind == avro::AvroKind::kLong ||
         schema.kind == avro::AvroKind::kEnum;
}

bool IsBytes(const avro::AvroSchema& schema) {
  return schema.kind == avro::AvroKind::kString || schema.kind == avro::AvroKind::kBytes;
}

/// The integer; nothing, after skipping the value, if it has another type than the specification's.
std::optional<int64_t> Whole(avro::AvroReader& in, const avro::AvroSchema& schema) {
  if (IsWhole(schema)) return in.Long();
  in.Skip(schema);
  return std::nullopt;
}

std::string Text(avro::AvroReader& in, const avro::AvroSchema& schema) {
  if (IsBytes(schema)) return std::string(in.Bytes());
  in.Skip(schema);
  return {};
}

template <typename T>
std::vector<T> List(avro::AvroReader& in, const avro::AvroSchema& schema) {
  std::vector<T> list;
  if (schema.kind != avro::AvroKind::kArray || !IsWhole(*schema.members[0].schema)) {
    in.Skip(schema);
    return list;
  }
  while (const int64_t count = in.Items())
    for (int64_t i = 0; i < count && !in.failed; ++i) list.push_back(T(in.Long()));
  return list;
}

/// Reads an array of records of a field id and a value.
template <typename T>
FieldMap<T> Map(avro::AvroReader& in, const avro::AvroSchema& schema, const std::vector<FieldId>* wanted) {
  constexpr bool kText = std::is_same_v<T, std::string>;
  const avro::AvroSchema* pair = schema.kind == avro::AvroKind::kArray ? schema.members[0].schema.get() : nullptr;
  FieldMap<T> map;
  if (pair == nullptr || pair->kind != avro::AvroKind::kRecord || pair->members.size() != 2 ||
      !IsWhole(*pair->members[0].schema) || !(kText ? IsBytes : IsWhole)(*pair->members[1].schema)) {
    in.Skip(schema);
    return map;
  }
  while (const int64_t count = in.Items()) {
    if (wanted == nullptr) map.reserve(map.size() + size_t(count));
    for (int64_t i = 0; i < count && !in.failed; ++i) {
      const auto id = FieldId(in.Long());
      const bool take = wanted == nullptr || std::ranges::find(*wanted, id) != wanted->end();
      if constexpr (kText) {
        const auto bytes = in.Bytes();
        if (take) map[id] = bytes;
      } else {
        const int64_t number = in.Long();
        if (take && number >= 0) map[id] = number;  // some writers use -1 for an unknown count
      }
    }
  }
  return map;
}

Value PartitionValue(avro::AvroReader& in, const avro::AvroSchema& schema, const Type& type) {
  switch (schema.kind) {
    case avro::AvroKind::kBoolean:
      return in.Take(1) == std::string_view("\1", 1);
    case avro::AvroKind::kInt:
    case avro::AvroKind::kLong:
    case avro::AvroKind::kEnum:
      if (type.id == TypeId::kInt || type.id == TypeId::kDate) return int32_t(in.Long());
      return in.Long();
    case avro::AvroKind::kFloat: {
      const auto number = in.Raw<float>();
      return type.id == TypeId::kDouble ? Value(double(number)) : Value(number);
    }
    case avro::AvroKind::kDouble:
      return in.Raw<double>();
    case avro::AvroKind::kBytes:
    case avro::AvroKind::kString:
    case avro::AvroKind::kFixed: {
      const auto bytes = schema.kind == avro::AvroKind::kFixed ? in.Take(schema.fixed_bytes) : in.Bytes();
      if (type.id == TypeId::kDecimal) return Decimal{DecimalFromBytes(bytes)};
      return std::string(bytes);
    }
    case avro::AvroKind::kNull:
    case avro::AvroKind::kRecord:
    case avro::AvroKind::kArray:
    case avro::AvroKind::kMap:
    case avro::AvroKind::kUnion:
      break;
  }
  in.Skip(schema);
  return {};
}

class EntryReader {
 public:
  EntryReader(const ManifestFile& manifest, const PartitionSpec& spec, std::vector<Type> types,
              const std::vector<FieldId>* metrics_of)
      : manifest_(manifest),
        spec_(spec),
        types_(std::move(types)),
        metrics_of_(metrics_of),
        next_row_id_(manifest.first_row_id) {}

  Result<ManifestEntry> Read(const avro::AvroSchema& schema, avro::AvroReader& in) {
    if (schema.kind != avro::AvroKind::kRecord)
      return Fail(ErrorKind::kCorrupt, "manifest " + manifest_.location + " does not contain records");
    ManifestEntry entry{.status = EntryStatus::kExisting};
    bool has_file = false;
    Status file;
    ForEachField(in, schema, [&](int32_t id, const avro::AvroSchema& field) {
      if (id == 0) {
        entry.status = EntryStatus(Whole(in, field).value_or(0));
      } else if (id == 1) {
        entry.snapshot_id = Whole(in, field);
      } else if (id == 3) {
        entry.sequence_number = Whole(in, field);
      } else if (id == 4) {
        entry.file_sequence_number = Whole(in, field);
      } else if (id == 2 && field.kind == avro::AvroKind::kRecord) {
        has_file = true;
        file = ReadFile(field, in, entry.file);
      } else {
        in.Skip(field);
      }
    });
    if (in.failed) return entry;  // the caller checks it
    INGOT_TRY(file);
    if (!has_file)
      return Fail(ErrorKind::kCorrupt, "manifest " + manifest_.location + " has an entry without data_file");
    INGOT_TRY(Inherit(entry));
    InheritRowId(entry);
    return entry;
  }

 private:
  Status ReadFile(const avro::AvroSchema& schema, avro::AvroReader& in, DataFile& file) const {
    file.format.clear();
    file.spec_id = spec_.spec_id;
    file.partition.resize(spec_.fields.size());
    std::optional<int64_t> rows, bytes;
    ForEachField(in, schema, [&](int32_t id, const avro::AvroSchema& field) {
      switch (id) {
        case 134:
          file.content = FileContent(Whole(in, field).value_or(0));
          break;
        case 100:
          file.location = Text(in, field);
          break;
        case 101:
          file.format = Text(in, field);
          break;
        case 102:
          ReadPartition(field, in, file.partition);
          break;
        case 103:
          rows = Whole(in, field);
          break;
        case 104:
          bytes = Whole(in, field);
          break;
        default:
          ReadRest(id, field, in, file);
      }
    });
    if (in.failed) return {};
    if (file.location.empty() || file.format.empty() || !rows || !bytes)
      return Fail(ErrorKind::kCorrupt,
                  "manifest entry without file_path, file_format, record_count or file_size_in_bytes");
    for (char& c : file.format) c = char(std::toupper(c));
    file.record_count = *rows;
    file.file_bytes = *bytes;
    return {};
  }

  void ReadPartition(const avro::AvroSchema& schema, avro::AvroReader& in, std::vector<Value>& partition) const {
    if (schema.kind != avro::AvroKind::kRecord) return in.Skip(schema);
    ForEachField(in, schema, [&](int32_t id, const avro::AvroSchema& field) {
      const auto at = std::ranges::find(spec_.fields, id, &PartitionField::field_id);
      if (at == spec_.fields.end()) return in.Skip(field);
      const size_t i = size_t(at - spec_.fields.begin());
      partition[i] = PartitionValue(in, field, types_[i]);
    });
  }

  void ReadRest(int32_t id, const avro::AvroSchema& field, avro::AvroReader& in, DataFile& file) const {
    // All metrics of delete files are read, since their bounds tell to which data files they apply.
    const auto* wanted = manifest_.holds_deletes ? nullptr : metrics_of_;
    switch (id) {
      case 108:
        if (wanted != nullptr) return in.Skip(field);
        file.column_bytes = Map<int64_t>(in, field, nullptr);
        break;
      case 109:
        file.value_counts = Map<int64_t>(in, field, wanted);
        break;
      case 110:
        file.null_counts = Map<int64_t>(in, field, wanted);
        break;
      case 137:
        file.nan_counts = Map<int64_t>(in, field, wanted);
        break;
      case 125:
        file.lower_bounds = Map<std::string>(in, field, wanted);
        break;
      case 128:
        file.upper_bounds = Map<std::string>(in, field, wanted);
        break;
      case 131:
        file.key_metadata = Text(in, field);
        break;
      case 132:
        file.split_offsets = List<int64_t>(in, field);
        break;
      case 135:
        file.equality_ids = List<FieldId>(in, field);
        break;
      case 140:
        if (const auto order = Whole(in, field)) file.sort_order_id = int32_t(*order);
        break;
      case 142:
        file.first_row_id = Whole(in, field);
        break;
      case 143:
        file.referenced_data_file = Text(in, field);
        break;
      case 144:
        file.content_offset = Whole(in, field);
        break;
      case 145:
        file.content_size_bytes = Whole(in, field);
        break;
      default:
        in.Skip(field);
    }
  }

  // Specification, "Sequence Number Inheritance". Format 1 has sequence number 0 everywhere.
  Status Inherit(ManifestEntry& entry) const {
    if (!entry.snapshot_id) entry.snapshot_id = manifest_.added_snapshot_id;
    const bool inherits = entry.status == EntryStatus::kAdded || manifest_.sequence_number == 0;
    if (!entry.sequence_number && inherits) entry.sequence_number = manifest_.sequence_number;
    if (!entry.file_sequence_number && inherits) entry.file_sequence_number = manifest_.sequence_number;
    if (entry.sequence_number) return {};
    return Fail(ErrorKind::kCorrupt,
                "manifest " + manifest_.location + " has an existing entry without a sequence number");
  }

  // Specification, "Row Lineage", "First Row ID Inheritance": files without a first row id are numbered consecutively
  // from the manifest's.
  void InheritRowId(ManifestEntry& entry) {
    if (!next_row_id_) return entry.file.first_row_id.reset();
    if (manifest_.holds_deletes || entry.status == EntryStatus::kDeleted || entry.file.first_row_id) return;
    entry.file.first_row_id = next_row_id_;
    *next_row_id_ += entry.file.record_count;
  }

  const ManifestFile& manifest_;
  const PartitionSpec& spec_;
  const std::vector<Type> types_;
  const std::vector<FieldId>* metrics_of_;
  std::optional<int64_t> next_row_id_;
};

}  // namespace

Status ForEachEntry(storage::Storage& storage, const ManifestFile& manifest, const TableMetadata& metadata,
                    const std::vector<FieldId>* metrics_of, const std::function<Status(ManifestEntry&)>& use) {
  const PartitionSpec* spec = metadata.SpecById(manifest.spec_id);
  if (spec == nullptr)
    return Fail(ErrorKind::kCorrupt,
                fmt::format("manifest {} names an unknown partition spec {}", manifest.location, manifest.spec_id));
  INGOT_ASSIGN(auto types, PartitionTypes(*spec, metadata));
  INGOT_ASSIGN(const std::string bytes, storage.ReadAll(manifest.location));
  EntryReader reader(manifest, *spec, std::move(types), metrics_of);
  return WithContext(avro::ReadAvroRows(bytes,
                                        [&](const avro::AvroSchema& schema, avro::AvroReader& in) -> Status {
                                          INGOT_ASSIGN(auto entry, reader.Read(schema, in));
                                          return in.failed ? Status() : use(entry);
                                        }),
                     "manifest " + manifest.location);
}

Result<std::vector<ManifestEntry>> ReadManifest(storage::Storage& storage, const ManifestFile& manifest,
                                                const TableMetadata& metadata, const std::vector<FieldId>* metrics_of) {
  std::vector<ManifestEntry> entries;
  INGOT_TRY(ForEachEntry(storage, manifest, metadata, metrics_of, [&](ManifestEntry& entry) -> Status {
    entries.push_back(std::move(entry));
    return {};
  }));
  return entries;
}

}  // namespace ingot::iceberg
