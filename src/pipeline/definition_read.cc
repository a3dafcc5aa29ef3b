#include "pipeline/definition_read.h"

#include "base/json.h"
#include "pipeline/definition.h"

namespace ingot::pipeline {
namespace {

constexpr TimeFormat kTimeFormats[] = {TimeFormat::kEpochSeconds, TimeFormat::kEpochMillis, TimeFormat::kEpochMicros,
                                       TimeFormat::kEpochNanos, TimeFormat::kRfc3339};

TimeFormat TimeFormatFrom(const std::string& name) {
  for (const TimeFormat format : kTimeFormats)
    if (TimeFormatName(format) == name) return format;
  ThrowJsonProblem("unknown time format '" + name + "'");
}

iceberg::Type TypeFrom(const std::string& name) {
  auto type = iceberg::ParsePrimitiveType(name);
  if (!type) ThrowJsonProblem(type.error().message);
  return *std::move(type);
}

Path PathFrom(const Json& json) {
  if (!json.is_array() || json.empty()) ThrowJsonProblem("'from' must have paths with at least one step");
  Path path;
  for (const Json& step : json) {
    if (step.is_number_integer())
      path.push_back({.key = "", .index = step.get<int>()});
    else
      path.push_back({.key = As<std::string>(step, "from"), .index = std::nullopt});
  }
  if (path[0].index) ThrowJsonProblem("'from' must have paths that begin with a key");
  return path;
}

FieldSpec FieldFrom(const std::string& name, const Json& json) {
  FieldSpec field{.name = name, .type = TypeFrom(Get<std::string>(json, "type"))};
  const Json& paths = RequiredMember(json, "from");
  if (!paths.is_array()) ThrowJsonProblem("'from' must be an array");
  for (const Json& path : paths) field.from.push_back(PathFrom(path));
  if (const auto factor = json.find("factor"); factor != json.end()) {
    if (!factor->is_number() || factor->get<double>() == 0) ThrowJsonProblem("'factor' must be a number other than 0");
    field.factor = factor->get<double>();
  }
  field.coerce = OptionalMember<bool>(json, "coerce").value_or(false);
  field.default_json = OptionalMember<std::string>(json, "default").value_or("");
  if (!field.default_json.empty() && !Json::accept(field.default_json)) ThrowJsonProblem("'default' must be JSON");
  if (const auto format = OptionalMember<std::string>(json, "time_format")) field.time_format = TimeFormatFrom(*format);
  field.time_min_micros = OptionalMember<int64_t>(json, "time_min").value_or(kTimeMinMicros);
  field.time_max_micros = OptionalMember<int64_t>(json, "time_max").value_or(kTimeMaxMicros);
  field.time_max_after_now_micros = OptionalMember<int64_t>(json, "time_max_after_now");
  return field;
}

CsvSpec CsvFrom(const Json& json) {
  CsvSpec csv;
  const auto character = [&](const char* key) {
    const auto text = Get<std::string>(json, key);
    if (text.size() > 1) ThrowJsonProblem(fmt::format("'{}' must be one character", key));
    return text.empty() ? '\0' : text[0];
  };
  csv.delimiter = character("delimiter");
  csv.quote = character("quote");
  csv.multiline = Get<bool>(json, "multiline");
  csv.encoding = Get<std::string>(json, "encoding");
  for (const char* key : {"names", "fields"})
    for (const Json& name : ArrayOrEmpty(json, key)) csv.names.push_back(As<std::string>(name, key));
  csv.header = csv.names.empty();
  return csv;
}

std::vector<FieldSpec> FieldsFrom(const Json& json) {
  if (!json.is_object()) ThrowJsonProblem("'fields' must be an object");
  std::vector<FieldSpec> fields;
  for (const auto& [name, field] : json.items()) fields.push_back(FieldFrom(name, field));
  return fields;
}

RecordSpec RecordSpecFrom(const Json& json) {
  RecordSpec spec{.format = Get<std::string>(json, "format"), .csv = {}, .fields = {}, .removed = {}};
  spec.fields = FieldsFrom(RequiredMember(json, "fields"));
  if (const auto csv = json.find("csv"); csv != json.end()) spec.csv = CsvFrom(*csv);
  return spec;
}

}  // namespace

Result<RecordSpec> RecordSpecIn(const std::string& definition) {
  auto spec = ParseJsonWith(definition, RecordSpecFrom);
  if (!spec) return Fail(ErrorKind::kCorrupt, "the definition of a bronze table: " + spec.error().message);
  return spec;
}

Result<std::string> BronzeDefinitionIn(const std::string& silver_definition) {
  auto bronze =
      ParseJsonWith(silver_definition, [](const Json& json) { return CanonicalText(RequiredMember(json, "bronze")); });
  if (!bronze) return Fail(ErrorKind::kCorrupt, "the definition of a silver table: " + bronze.error().message);
  return bronze;
}

Result<std::vector<FieldSpec>> FieldsIn(const std::string& fields) {
  if (fields.empty()) return std::vector<FieldSpec>();
  auto specs = ParseJsonWith(fields, FieldsFrom);
  if (!specs) return Fail(ErrorKind::kCorrupt, "the removed fields of a bronze table: " + specs.error().message);
  return specs;
}

}  // namespace ingot::pipeline
