#include "iceberg/manifest_schema.h"

#include <algorithm>
#include <set>

#include "base/json.h"

namespace ingot::iceberg {
namespace {

Json Required(const char* name, int32_t id, Json type) {
  return {{"name", name}, {"type", std::move(type)}, {"field-id", id}};
}
Json Optional(const char* name, int32_t id, Json type) {
  return {{"name", name}, {"type", Json::array({"null", std::move(type)})}, {"default", nullptr}, {"field-id", id}};
}

Json List(const char* element, int32_t id) {
  return {{"type", "array"}, {"items", element}, {"element-id", id}};
}

/// Maps whose keys are not strings are arrays of key-value records (specification, Appendix A).
Json IntMap(int32_t key_id, int32_t value_id, const char* value) {
  const std::string name = fmt::format("k{}_v{}", key_id, value_id);
  return {{"type", "array"},
          {"logicalType", "map"},
          {"items",
           {{"type", "record"},
            {"name", name},
            {"fields", {Required("key", key_id, "int"), Required("value", value_id, value)}}}}};
}

Json PartitionAvroType(const Type& type, FieldId id) {
  const auto fixed = [&](int32_t bytes, const char* logical) {
    Json json{{"type", "fixed"}, {"size", bytes}, {"name", fmt::format("{}_{}", logical, id)}};
    if (logical != std::string_view("fixed")) json["logicalType"] = logical;
    return json;
  };
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt:
      return "int";
    case TypeId::kLong:
      return "long";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDate:
      return {{"type", "int"}, {"logicalType", "date"}};
    case TypeId::kTime:
      return {{"type", "long"}, {"logicalType", "time-micros"}};
    case TypeId::kTimestamp:
      return {{"type", "long"}, {"logicalType", "timestamp-micros"}, {"adjust-to-utc", false}};
    case TypeId::kTimestamptz:
      return {{"type", "long"}, {"logicalType", "timestamp-micros"}, {"adjust-to-utc", true}};
    case TypeId::kTimestampNs:
      return {{"type", "long"}, {"logicalType", "timestamp-nanos"}, {"adjust-to-utc", false}};
    case TypeId::kTimestamptzNs:
      return {{"type", "long"}, {"logicalType", "timestamp-nanos"}, {"adjust-to-utc", true}};
    case TypeId::kString:
      return "string";
    case TypeId::kUuid:
      return fixed(16, "uuid");
    case TypeId::kFixed:
      return fixed(type.length, "fixed");
    case TypeId::kDecimal: {
      int32_t bytes = 1;  // the minimum for the precision
      while (int32_t((8 * bytes - 1) * 0.30102999566398) < type.precision) ++bytes;
      Json json = fixed(bytes, "decimal");
      json["precision"] = type.precision;
      json["scale"] = type.scale;
      return json;
    }
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return "bytes";
}

/// Removes the fields with these names, for format 1, which does not have them.
void Drop(Json& fields, const std::set<std::string>& names) {
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [&](const Json& field) { return names.contains(field["name"].get<std::string>()); }),
               fields.end());
}

/// Avro names may contain only letters, digits and underscores.
std::string AvroName(const std::string& name) {
  std::string clean;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_', digit = c >= '0' && c <= '9';
    if (letter || (digit && !clean.empty()))
      clean += c;
    else if (digit)
      clean += std::string("_") + c;
    else
      clean += fmt::format("_x{:X}", uint8_t(c));
  }
  return clean;
}

}  // namespace

std::string ManifestListAvroSchema(int32_t format_version) {
  const auto make = [](int32_t version) {
    const Json summary{{"type", "record"},
                       {"name", "r508"},
                       {"fields",
                        {Required("contains_null", 509, "boolean"), Optional("contains_nan", 518, "boolean"),
                         Optional("lower_bound", 510, "bytes"), Optional("upper_bound", 511, "bytes")}}};
    Json json{{"type", "record"},
              {"name", "manifest_file"},
              {"fields",
               {Required("manifest_path", 500, "string"), Required("manifest_length", 501, "long"),
                Required("partition_spec_id", 502, "int"), Required("content", 517, "int"),
                Required("sequence_number", 515, "long"), Required("min_sequence_number", 516, "long"),
                Required("added_snapshot_id", 503, "long"), Required("added_files_count", 504, "int"),
                Required("existing_files_count", 505, "int"), Required("deleted_files_count", 506, "int"),
                Required("added_rows_count", 512, "long"), Required("existing_rows_count", 513, "long"),
                Required("deleted_rows_count", 514, "long"),
                Optional("partitions", 507, {{"type", "array"}, {"items", summary}, {"element-id", 508}}),
                Optional("key_metadata", 519, "bytes")}}};
    if (version >= 3) json["fields"].push_back(Optional("first_row_id", 520, "long"));
    if (version < 2) Drop(json["fields"], {"content", "sequence_number", "min_sequence_number"});
    return json.dump();
  };
  static const std::string one = make(1), two = make(2), three = make(3);
  return format_version >= 3 ? three : format_version == 2 ? two : one;
}

std::string ManifestAvroSchema(const PartitionSpec& spec, const std::vector<Type>& types, int32_t format_version) {
  Json partition = Json::array();
  for (size_t i = 0; i < spec.fields.size(); ++i)
    partition.push_back(Optional(AvroName(spec.fields[i].name).c_str(), spec.fields[i].field_id,
                                 PartitionAvroType(types[i], spec.fields[i].field_id)));
  Json file{
      {"type", "record"},
      {"name", "r2"},
      {"fields",
       {Required("content", 134, "int"), Required("file_path", 100, "string"), Required("file_format", 101, "string"),
        Required("partition", 102, {{"type", "record"}, {"name", "r102"}, {"fields", partition}}),
        Required("record_count", 103, "long"), Required("file_size_in_bytes", 104, "long"),
        Optional("column_sizes", 108, IntMap(117, 118, "long")),
        Optional("value_counts", 109, IntMap(119, 120, "long")),
        Optional("null_value_counts", 110, IntMap(121, 122, "long")),
        Optional("nan_value_counts", 137, IntMap(138, 139, "long")),
        Optional("lower_bounds", 125, IntMap(126, 127, "bytes")),
        Optional("upper_bounds", 128, IntMap(129, 130, "bytes")), Optional("key_metadata", 131, "bytes"),
        Optional("split_offsets", 132, List("long", 133)), Optional("equality_ids", 135, List("int", 136)),
        Optional("sort_order_id", 140, "int"), Optional("referenced_data_file", 143, "string")}}};
  if (format_version >= 3)
    for (const auto& [name, id] :
         {std::pair{"first_row_id", 142}, {"content_offset", 144}, {"content_size_in_bytes", 145}})
      file["fields"].push_back(Optional(name, id, "long"));
  if (format_version < 2) {
    Json& fields = file["fields"];
    Drop(fields, {"content", "equality_ids", "referenced_data_file"});
    const auto sizes = std::ranges::find(fields, Json("column_sizes"), [](const Json& field) { return field["name"]; });
    fields.insert(sizes, Required("block_size_in_bytes", 105, "long"));
  }
  Json entry{{"type", "record"},
             {"name", "manifest_entry"},
             {"fields",
              {Required("status", 0, "int"),
               format_version < 2 ? Required("snapshot_id", 1, "long") : Optional("snapshot_id", 1, "long"),
               Optional("sequence_number", 3, "long"), Optional("file_sequence_number", 4, "long"),
               Required("data_file", 2, file)}}};
  if (format_version < 2) Drop(entry["fields"], {"sequence_number", "file_sequence_number"});
  return entry.dump();
}

std::string PartitionFieldsToJson(const PartitionSpec& spec) {
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields)
    fields.push_back({{"name", field.name},
                      {"transform", TransformName(field.transform)},
                      {"source-id", field.source_id},
                      {"field-id", field.field_id}});
  return fields.dump();
}

}  // namespace ingot::iceberg
