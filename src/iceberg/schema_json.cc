#include "iceberg/schema_json.h"

#include <set>

namespace ingot::iceberg {
namespace {

Json FieldJson(const Field& field) {
  Json json = ParseMembers(field.other);
  json.update({{"id", field.id}, {"name", field.name}, {"required", field.required}, {"type", TypeJson(field.type)}});
  if (!field.doc.empty()) json["doc"] = field.doc;
  if (!field.initial_default.empty()) json["initial-default"] = Json::parse(field.initial_default);
  if (!field.write_default.empty()) json["write-default"] = Json::parse(field.write_default);
  return json;
}

Field FieldFrom(const Json& json) {
  Field field{
      .id = Get<int32_t>(json, "id"),
      .name = Get<std::string>(json, "name"),
      .type = TypeFrom(RequiredMember(json, "type")),
      .required = Get<bool>(json, "required"),
      .doc = OptionalMember<std::string>(json, "doc").value_or(""),
      .other = UnknownMembers(json, {"id", "name", "required", "type", "doc", "initial-default", "write-default"})};
  if (json.contains("initial-default")) field.initial_default = json["initial-default"].dump();
  if (json.contains("write-default")) field.write_default = json["write-default"].dump();
  return field;
}

void CheckUniqueIds(const std::vector<Field>& fields, std::set<FieldId>& seen) {
  for (const Field& field : fields) {
    if (!seen.insert(field.id).second) ThrowJsonProblem(fmt::format("field id {} is used twice in a schema", field.id));
    CheckUniqueIds(field.type.fields, seen);
  }
}

}  // namespace

Json TypeJson(const Type& type) {
  if (type.id == TypeId::kStruct) {
    Json fields = Json::array();
    for (const Field& field : type.fields) fields.push_back(FieldJson(field));
    Json json = ParseMembers(type.other);
    json.update({{"type", "struct"}, {"fields", std::move(fields)}});
    return json;
  }
  if (type.id == TypeId::kList) {
    const Field& element = type.fields[0];
    Json json = ParseMembers(type.other);
    json.update({{"type", "list"},
                 {"element-id", element.id},
                 {"element", TypeJson(element.type)},
                 {"element-required", element.required}});
    return json;
  }
  if (type.id == TypeId::kMap) {
    const Field &key = type.fields[0], &value = type.fields[1];
    Json json = ParseMembers(type.other);
    json.update({{"type", "map"},
                 {"key-id", key.id},
                 {"key", TypeJson(key.type)},
                 {"value-id", value.id},
                 {"value", TypeJson(value.type)},
                 {"value-required", value.required}});
    return json;
  }
  return TypeName(type);
}

Type TypeFrom(const Json& json) {
  if (json.is_string()) {
    auto type = ParsePrimitiveType(json.get<std::string>());
    if (!type) throw JsonProblem{type.error().kind, type.error().message};
    return *type;
  }
  const auto kind = Get<std::string>(json, "type");
  if (kind == "struct") {
    Type type{.id = TypeId::kStruct,
              .other = UnknownMembers(json, {"type", "fields", "schema-id", "identifier-field-ids"})};
    for (const Json& field : RequiredMember(json, "fields")) type.fields.push_back(FieldFrom(field));
    return type;
  }
  if (kind == "list") {
    Type type{.id = TypeId::kList,
              .other = UnknownMembers(json, {"type", "element-id", "element", "element-required"})};
    type.fields.push_back(Field{.id = Get<int32_t>(json, "element-id"),
                                .name = "element",
                                .type = TypeFrom(RequiredMember(json, "element")),
                                .required = Get<bool>(json, "element-required")});
    return type;
  }
  if (kind == "map") {
    Type type{.id = TypeId::kMap,
              .other = UnknownMembers(json, {"type", "key-id", "key", "value-id", "value", "value-required"})};
    type.fields.push_back(Field{.id = Get<int32_t>(json, "key-id"),
                                .name = "key",
                                .type = TypeFrom(RequiredMember(json, "key")),
                                .required = true});
    type.fields.push_back(Field{.id = Get<int32_t>(json, "value-id"),
                                .name = "value",
                                .type = TypeFrom(RequiredMember(json, "value")),
                                .required = Get<bool>(json, "value-required")});
    return type;
  }
  ThrowJsonProblem("unknown Iceberg type: '" + kind + "'");
}

Json SchemaJson(const Schema& schema) {
  Json json = TypeJson(Type{.id = TypeId::kStruct, .fields = schema.fields, .other = schema.other});
  json["schema-id"] = schema.schema_id;
  if (!schema.identifier_field_ids.empty()) json["identifier-field-ids"] = schema.identifier_field_ids;
  return json;
}

Schema SchemaFrom(const Json& json) {
  if (Get<std::string>(json, "type") != "struct") ThrowJsonProblem("a schema's 'type' must be 'struct'");
  Schema schema;
  schema.schema_id = OptionalMember<int32_t>(json, "schema-id").value_or(0);
  Type columns = TypeFrom(json);
  schema.fields = std::move(columns.fields);
  schema.other = std::move(columns.other);
  for (const Json& id : ArrayOrEmpty(json, "identifier-field-ids"))
    schema.identifier_field_ids.push_back(As<int32_t>(id, "identifier-field-ids"));
  std::set<FieldId> seen;
  CheckUniqueIds(schema.fields, seen);
  return schema;
}

std::string SchemaToJson(const Schema& schema) {
  return SchemaJson(schema).dump();
}

}  // namespace ingot::iceberg
