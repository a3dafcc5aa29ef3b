#include "pipeline/definition.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;  // keys are sorted

Json ToJson(const Path& path) {
  Json json = Json::array();
  for (const PathStep& step : path) json.push_back(step.index ? Json(*step.index) : Json(step.key));
  return json;
}

Json ToJson(const FieldSpec& field) {
  Json json{{"type", iceberg::TypeName(field.type)}};
  if (field.compute) {
    json["compute"] = ToJson(*field.compute);
    return json;
  }
  for (const Path& path : field.from) json["from"].push_back(ToJson(path));
  json["factor"] = field.factor;
  json["time_format"] = int(field.time_format);
  json["coerce"] = field.coerce;
  json["default"] = field.default_json;
  const auto put = [&](const char* key, const std::optional<int64_t>& value) {
    if (value) json[key] = *value;
  };
  put("time_min", field.time_min_micros);
  put("time_max", field.time_max_micros);
  put("time_max_after_now", field.time_max_after_now_micros);
  return json;
}

Json ToJson(const Rule& rule) {
  Json json = rule.check->Definition();
  json["quarantine"] = rule.quarantine;
  return json;
}

Json ToJson(const Fix& fix) {
  return {{"kind", 2}, {"fields", {fix.field}}, {"quarantine", true}};
}

}  // namespace

nlohmann::json ToJson(const Expression& expression) {
  Json json{{"kind", int(expression.kind)}, {"text", expression.text}, {"type", int(expression.type)}};
  if (expression.negated) json["negated"] = true;
  if (expression.distinct) json["distinct"] = true;
  if (const Function* function = FindFunction(expression)) json["version"] = function->version;
  for (const Expression& argument : expression.arguments) json["arguments"].push_back(ToJson(argument));
  return json;
}

std::string SilverDefinition(const Pipeline& pipeline, const SilverSpec& silver) {
  Json json{{"format", pipeline.source.format}, {"fields", Json::object()}, {"rules", Json::object()}};
  for (const FieldSpec& field : pipeline.fields) json["fields"][field.name] = ToJson(field);
  for (const Rule& rule : silver.rules) json["rules"][rule.name] = ToJson(rule);
  for (const Fix& fix : silver.fixes) json["rules"][fix.name] = ToJson(fix);
  auto key = silver.unique;
  std::ranges::sort(key);
  json["unique"] = key;
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string DefinitionId(const std::string& definition) {
  return Sha256Hex(definition);
}

}  // namespace ingot::pipeline
