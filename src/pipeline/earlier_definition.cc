#include "pipeline/earlier_definition.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;  // keys are sorted

Json EarlierJson(const Expression& expression) {
  Json json{{"kind", int(expression.kind)}, {"text", expression.text}, {"type", int(expression.type)}};
  if (expression.negated) json["negated"] = true;
  if (expression.distinct) json["distinct"] = true;
  if (const Function* function = FindFunction(expression)) json["version"] = function->version;
  for (const Expression& argument : expression.arguments) json["arguments"].push_back(EarlierJson(argument));
  return json;
}

Json EarlierJson(const FieldSpec& field) {
  Json json{{"type", iceberg::TypeName(field.type)}};
  if (field.compute) {
    json["compute"] = EarlierJson(*field.compute);
    return json;
  }
  for (const Path& path : field.from) {
    Json steps = Json::array();
    for (const PathStep& step : path) steps.push_back(step.index ? Json(*step.index) : Json(step.key));
    json["from"].push_back(std::move(steps));
  }
  json["factor"] = field.factor;
  json["time_format"] = int(field.time_format);
  json["coerce"] = field.coerce;
  json["default"] = field.default_json;
  json["time_min"] = field.time_min_micros;
  json["time_max"] = field.time_max_micros;
  if (field.time_max_after_now_micros) json["time_max_after_now"] = *field.time_max_after_now_micros;
  return json;
}

Json EarlierJson(const Rule& rule) {
  Json json{{"kind", 0}, {"fields", rule.check->Fields()}, {"quarantine", rule.quarantine}};
  if (const Expression* condition = rule.check->Condition()) {
    json["kind"] = 1;
    json["check"] = EarlierJson(*condition);
  }
  return json;
}

}  // namespace

std::string EarlierSilverDefinition(const Pipeline& pipeline, const SilverSpec& silver) {
  Json json{{"format", pipeline.source.format}, {"fields", Json::object()}, {"rules", Json::object()}};
  for (const FieldSpec& field : pipeline.fields) json["fields"][field.name] = EarlierJson(field);
  for (const Rule& rule : silver.rules) json["rules"][rule.name] = EarlierJson(rule);
  for (const Fix& fix : silver.fixes)
    json["rules"][fix.name] = {{"kind", 2}, {"fields", {fix.field}}, {"quarantine", true}};
  auto key = silver.unique;
  std::ranges::sort(key);
  json["unique"] = key;
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace ingot::pipeline
