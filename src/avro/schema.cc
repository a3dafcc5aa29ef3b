#include "avro/avro.h"
#include "base/json.h"

namespace ingot::avro {
namespace {

/// The named types defined so far. A name without dots belongs to the enclosing namespace.
struct NamedTypes {
  std::map<std::string, std::shared_ptr<AvroSchema>> types;
  std::string space;

  std::string FullName(const std::string& name) const {
    return name.find('.') != std::string::npos || space.empty() ? name : space + "." + name;
  }
};

constexpr int kDepthMax = 64;

std::shared_ptr<AvroSchema> SchemaFrom(const Json& json, NamedTypes& named, int depth);

std::shared_ptr<AvroSchema> PrimitiveOrNamed(const std::string& name, const NamedTypes& named) {
  static const std::map<std::string, AvroKind> kinds{{"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean},
                                                     {"int", AvroKind::kInt},     {"long", AvroKind::kLong},
                                                     {"float", AvroKind::kFloat}, {"double", AvroKind::kDouble},
                                                     {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};
  if (const auto known = kinds.find(name); known != kinds.end())
    return std::make_shared<AvroSchema>(AvroSchema{.kind = known->second});
  for (const std::string& full : {named.FullName(name), name})
    if (const auto known = named.types.find(full); known != named.types.end()) return known->second;
  ThrowJsonProblem("unknown Avro type '" + name + "'");
}

std::shared_ptr<AvroSchema> ComplexSchema(const Json& json, NamedTypes& named, int depth) {
  const auto type = Get<std::string>(json, "type");
  auto schema = std::make_shared<AvroSchema>();
  const std::string outer = named.space;
  named.space = OptionalMember<std::string>(json, "namespace").value_or(outer);
  if (json.contains("name")) {
    const std::string full = named.FullName(Get<std::string>(json, "name"));
    named.types[full] = schema;
    if (const size_t dot = full.rfind('.'); dot != std::string::npos) named.space = full.substr(0, dot);
  }
  schema->logical_type = OptionalMember<std::string>(json, "logicalType").value_or("");
  if (type == "record") {
    schema->kind = AvroKind::kRecord;
    for (const Json& field : RequiredMember(json, "fields"))
      schema->members.push_back({Get<std::string>(field, "name"),
                                 OptionalMember<int32_t>(field, "field-id").value_or(-1),
                                 SchemaFrom(RequiredMember(field, "type"), named, depth + 1)});
  } else if (type == "array") {
    schema->kind = AvroKind::kArray;
    schema->members.push_back({"item", OptionalMember<int32_t>(json, "element-id").value_or(-1),
                               SchemaFrom(RequiredMember(json, "items"), named, depth + 1)});
  } else if (type == "map") {
    schema->kind = AvroKind::kMap;
    schema->members.push_back({"value", OptionalMember<int32_t>(json, "value-id").value_or(-1),
                               SchemaFrom(RequiredMember(json, "values"), named, depth + 1)});
    schema->key_id = OptionalMember<int32_t>(json, "key-id").value_or(-1);
  } else if (type == "fixed") {
    schema->kind = AvroKind::kFixed;
    schema->fixed_bytes = Get<int32_t>(json, "size");
    if (schema->fixed_bytes < 0) ThrowJsonProblem("negative size of an Avro fixed type");
  } else if (type == "enum") {
    schema->kind = AvroKind::kEnum;
    for (const Json& symbol : ArrayOrEmpty(json, "symbols")) schema->symbols.push_back(symbol.get<std::string>());
  } else {
    const auto plain = PrimitiveOrNamed(type, named);
    named.space = outer;
    if (plain->kind == AvroKind::kRecord || schema->logical_type.empty()) return plain;
    const std::string logical_type = schema->logical_type;
    *schema = *plain;
    schema->logical_type = logical_type;
  }
  named.space = outer;
  schema->precision = OptionalMember<int32_t>(json, "precision").value_or(0);
  schema->scale = OptionalMember<int32_t>(json, "scale").value_or(0);
  schema->adjust_to_utc = OptionalMember<bool>(json, "adjust-to-utc");
  return schema;
}

std::shared_ptr<AvroSchema> SchemaFrom(const Json& json, NamedTypes& named, int depth) {
  if (depth > kDepthMax) ThrowJsonProblem("Avro schema is nested too deeply");
  if (json.is_string()) return PrimitiveOrNamed(json.get<std::string>(), named);
  if (json.is_object()) {
    if (json.contains("type") && !json["type"].is_string()) return SchemaFrom(json["type"], named, depth + 1);
    return ComplexSchema(json, named, depth);
  }
  if (!json.is_array()) ThrowJsonProblem("not an Avro schema: " + json.dump());
  auto schema = std::make_shared<AvroSchema>(AvroSchema{.kind = AvroKind::kUnion});
  for (const Json& branch : json) schema->members.push_back({"", -1, SchemaFrom(branch, named, depth + 1)});
  return schema;
}

}  // namespace

Result<std::shared_ptr<AvroSchema>> ParseAvroSchema(std::string_view text) {
  return ParseJsonWith(text, [](const Json& json) {
    NamedTypes named;
    return SchemaFrom(json, named, 0);
  });
}

}  // namespace ingot::avro
