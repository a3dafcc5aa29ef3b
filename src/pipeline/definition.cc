#include "pipeline/definition.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/lower_case.h"
#include "base/sha256.h"
#include "pipeline/functions.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;  // keys are sorted
using Kind = Expression::Kind;

Json ToJson(const Path& path) {
  Json json = Json::array();
  for (const PathStep& step : path) json.push_back(step.index ? Json(*step.index) : Json(step.key));
  return json;
}

/// A member with its default value is left out. So a later version can add members, and definitions stay equal.
Json ToJson(const FieldSpec& field) {
  Json json{{"type", iceberg::TypeName(field.type)}, {"from", Json::array()}};
  for (const Path& path : field.from) json["from"].push_back(ToJson(path));
  if (field.factor != 1) json["factor"] = field.factor;
  if (field.coerce) json["coerce"] = true;
  if (!field.default_json.empty()) json["default"] = field.default_json;
  if (field.type.id != iceberg::TypeId::kTimestamptz && field.type.id != iceberg::TypeId::kTimestamptzNs) return json;
  json["time_format"] = TimeFormatName(field.time_format);
  if (field.time_min_micros != kTimeMinMicros) json["time_min"] = field.time_min_micros;
  if (field.time_max_micros != kTimeMaxMicros) json["time_max"] = field.time_max_micros;
  if (field.time_max_after_now_micros) json["time_max_after_now"] = *field.time_max_after_now_micros;
  return json;
}

/// How rows of CSV become records. Without a header the order of the fields counts.
Json ToJson(const CsvSpec& csv, const std::vector<FieldSpec>& fields) {
  Json json{{"delimiter", std::string(1, csv.delimiter)},
            {"quote", csv.quote == 0 ? "" : std::string(1, csv.quote)},
            {"multiline", csv.multiline},
            {"encoding", csv.encoding}};
  if (csv.header) return json;
  if (!csv.names.empty())
    json["names"] = csv.names;
  else
    for (const FieldSpec& field : fields)
      if (!field.compute) json["fields"].push_back(field.name);
  return json;
}

Json ToJson(const std::vector<NamedExpression>& columns) {
  Json json = Json::object();
  for (const NamedExpression& column : columns)
    json[column.name] = {{"type", iceberg::TypeName(column.type)}, {"expression", ToJson(column.expression)}};
  return json;
}

Json FixesToJson(const std::vector<Fix>& fixes) {
  Json json = Json::object();
  for (const Fix& fix : fixes) {
    const Expression call{.kind = Kind::kCall, .text = std::string(fix.kind->function), .arguments = {{}}};
    json[fix.field].push_back({{"fix", fix.kind->word}, {"version", FindFunction(call)->version}});
  }
  return json;
}

Json BronzeJson(const Pipeline& pipeline) {
  Json json{{"format", pipeline.source.format},
            {"fields", Json::object()},
            {"keep_key", pipeline.source.keep_key},
            {"keep_headers", pipeline.source.keep_headers},
            {"extra", pipeline.extra_as_variant ? "variant" : "json"}};
  if (pipeline.payload_all) json["payload"] = "all";
  if (pipeline.source.format == "csv") json["csv"] = ToJson(pipeline.source.csv, pipeline.fields);
  for (const FieldSpec& field : pipeline.fields)
    if (!field.compute) json["fields"][field.name] = ToJson(field);
  return json;
}

Json SilverJson(const Pipeline& pipeline, const SilverSpec& silver) {
  Json json{{"bronze", BronzeJson(pipeline)},
            {"computed", Json::object()},
            {"rules", Json::object()},
            {"fixes", FixesToJson(silver.fixes)}};
  for (const FieldSpec& field : pipeline.fields)
    if (field.compute)
      json["computed"][field.name] = {{"type", iceberg::TypeName(field.type)}, {"compute", ToJson(*field.compute)}};
  for (const Rule& rule : silver.rules) {
    json["rules"][rule.name] = rule.check->Definition();
    json["rules"][rule.name]["else"] = rule.quarantine ? "quarantine" : "count";
  }
  auto key = silver.unique;
  std::ranges::sort(key);
  json["unique"] = key;
  return json;
}

bool HasResolvedType(Kind kind) {
  return kind == Kind::kText || kind == Kind::kUnary || kind == Kind::kBinary;
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kColumn:
      return "column";
    case Kind::kNumber:
      return "number";
    case Kind::kText:
      return "text";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kNull:
      return "null";
    case Kind::kStar:
      return "star";
    case Kind::kUnary:
      return "unary";
    case Kind::kBinary:
      return "binary";
    case Kind::kCall:
      return "call";
    case Kind::kBetween:
      return "between";
    case Kind::kIn:
      return "in";
    case Kind::kIsNull:
      return "is_null";
    case Kind::kCase:
      return "case";
  }
  return "";
}

nlohmann::json ToJson(const Expression& expression) {
  Json json{{"kind", KindName(expression.kind)}};
  if (!expression.text.empty())
    json["text"] = expression.kind == Kind::kBoolean ? LowerCase(expression.text) : expression.text;
  if (HasResolvedType(expression.kind)) json["type"] = iceberg::TypeName({.id = expression.type});
  if (expression.negated) json["negated"] = true;
  if (expression.distinct) json["distinct"] = true;
  if (const Function* function = FindFunction(expression)) json["version"] = function->version;
  for (const Expression& argument : expression.arguments) json["arguments"].push_back(ToJson(argument));
  return json;
}

std::string BronzeDefinition(const Pipeline& pipeline) {
  return CanonicalText(BronzeJson(pipeline));
}

std::string SilverDefinition(const Pipeline& pipeline, const SilverSpec& silver) {
  return CanonicalText(SilverJson(pipeline, silver));
}

std::string GoldDefinition(const Pipeline& pipeline, const GoldSpec& gold) {
  return CanonicalText({{"silver", SilverJson(pipeline, pipeline.SourceOf(gold))},
                        {"group", ToJson(gold.group)},
                        {"measures", ToJson(gold.measures)}});
}

std::string DefinitionOf(const Pipeline& pipeline, const PipelineTable& table) {
  switch (table.kind) {
    case TableKind::kBronze:
      return BronzeDefinition(pipeline);
    case TableKind::kSilver:
    case TableKind::kQuarantine:
      return SilverDefinition(pipeline, pipeline.silver[table.item]);
    case TableKind::kGold:
      return GoldDefinition(pipeline, pipeline.gold[table.item]);
    case TableKind::kOps:
      return "";
  }
  return "";
}

std::string CanonicalText(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string DefinitionId(const std::string& definition) {
  return Sha256Hex(definition);
}

}  // namespace ingot::pipeline
