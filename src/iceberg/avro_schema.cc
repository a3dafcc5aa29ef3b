#include "iceberg/avro.h"
#include "iceberg/json.h"

namespace ingot::iceberg {
namespace {

using Named = std::map<std::string, std::shared_ptr<AvroSchema>>;

constexpr int kDepthMax = 64;

std::shared_ptr<AvroSchema> From(const Json& json, Named& named, int depth);

std::shared_ptr<AvroSchema> Primitive(const std::string& name, const Named& named) {
  static const std::map<std::string, AvroKind> kinds{{"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean},
                                                     {"int", AvroKind::kInt},     {"long", AvroKind::kLong},
                                                     {"float", AvroKind::kFloat}, {"double", AvroKind::kDouble},
                                                     {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};
  if (const auto known = kinds.find(name); known != kinds.end())
    return std::make_shared<AvroSchema>(AvroSchema{.kind = known->second});
  if (const auto known = named.find(name); known != named.end()) return known->second;
  Refuse("unknown Avro type '" + name + "'");
}

std::shared_ptr<AvroSchema> Complex(const Json& json, Named& named, int depth) {
  const auto type = Get<std::string>(json, "type");
  auto schema = std::make_shared<AvroSchema>();
  if (json.contains("name")) named[json["name"].get<std::string>()] = schema;
  if (type == "record") {
    schema->kind = AvroKind::kRecord;
    for (const Json& field : Need(json, "fields"))
      schema->members.push_back({Get<std::string>(field, "name"), Maybe<int32_t>(field, "field-id").value_or(-1),
                                 From(Need(field, "type"), named, depth + 1)});
  } else if (type == "array") {
    schema->kind = AvroKind::kArray;
    schema->members.push_back(
        {"item", Maybe<int32_t>(json, "element-id").value_or(-1), From(Need(json, "items"), named, depth + 1)});
  } else if (type == "map") {
    schema->kind = AvroKind::kMap;
    schema->members.push_back(
        {"value", Maybe<int32_t>(json, "value-id").value_or(-1), From(Need(json, "values"), named, depth + 1)});
  } else if (type == "fixed") {
    schema->kind = AvroKind::kFixed;
    schema->fixed_bytes = Get<int32_t>(json, "size");
    if (schema->fixed_bytes < 0) Refuse("negative Avro fixed size");
  } else if (type == "enum") {
    schema->kind = AvroKind::kEnum;
  } else {
    return Primitive(type, named);
  }
  return schema;
}

std::shared_ptr<AvroSchema> From(const Json& json, Named& named, int depth) {
  if (depth > kDepthMax) Refuse("Avro schema is nested too deep");
  if (json.is_string()) return Primitive(json.get<std::string>(), named);
  if (json.is_object()) {
    if (json.contains("type") && !json["type"].is_string()) return From(json["type"], named, depth + 1);
    return Complex(json, named, depth);
  }
  if (!json.is_array()) Refuse("not an Avro schema: " + json.dump());
  auto schema = std::make_shared<AvroSchema>(AvroSchema{.kind = AvroKind::kUnion});
  for (const Json& branch : json) schema->members.push_back({"", -1, From(branch, named, depth + 1)});
  return schema;
}

}  // namespace

Result<std::shared_ptr<AvroSchema>> ParseAvroSchema(std::string_view text) {
  return Parsing(text, [](const Json& json) {
    Named named;
    return From(json, named, 0);
  });
}

}  // namespace ingot::iceberg
