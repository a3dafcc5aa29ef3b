#include "bronze/refusal_cause.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/rfc3339.h"
#include "bronze/sampled_members.h"

namespace ingot::bronze {
namespace {

using Json = nlohmann::json;
using pipeline::FieldSpec;
using pipeline::TimeFormat;

constexpr size_t kExampleMax = 200;

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isdigit(uint8_t(c)) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  });
}

bool LooksLikeCsv(std::string_view record) {
  return record.find_first_of("{}[]<>") == record.npos && record.find_first_of(",;\t|") != record.npos;
}

/// What to do about records that are not JSON objects.
std::string AdviceOnFormat(std::string_view record) {
  const size_t begin = record.find_first_not_of(" \t\r\n");
  if (begin == record.npos) return "";
  record.remove_prefix(begin);
  if (record.starts_with("PAR1") || record.starts_with("Obj\x01") || record.starts_with("ORC"))
    return "they look like a binary format, which this source does not read";
  if (record.starts_with('<')) return "they look like XML or HTML, which is not read";
  if (record.starts_with('{') || record.starts_with('['))
    return "if each file is one JSON document or an array of records, write format: document";
  return LooksLikeCsv(record) ? "they look like CSV: write format: csv" : "";
}

std::string AdviceOnTime(const FieldSpec& field, const Json& value) {
  const bool text = value.is_string();
  const std::string_view written = text ? value.get_ref<const std::string&>() : std::string_view();
  int64_t micros = 0;
  if (text && ParseRfc3339(written, micros))
    return field.time_format == TimeFormat::kRfc3339 ? "" : "write unit: rfc3339";
  if (!text && value.is_number() && field.time_format == TimeFormat::kRfc3339) {
    const double number = std::abs(value.get<double>());
    return std::string("write unit: ") + (number < 1e11 ? "s" : number < 1e14 ? "ms" : number < 1e17 ? "us" : "ns");
  }
  return text && IsNumber(written) ? "it is a number in quotes: write coerce: true, and as unit s, ms, us or ns" : "";
}

std::string AdviceOnValue(const FieldSpec& field, const Json& value) {
  using iceberg::TypeId;
  const TypeId type = field.type.id;
  if (type == TypeId::kString && value.is_primitive() && !value.is_string())
    return std::string("write type: ") + (value.is_boolean() ? "boolean" : value.is_number_float() ? "double" : "long");
  if (!value.is_string() || field.coerce) return "";
  const auto& written = value.get_ref<const std::string&>();
  const bool number =
      type == TypeId::kInt || type == TypeId::kLong || type == TypeId::kFloat || type == TypeId::kDouble;
  if (number && IsNumber(written)) return "write coerce: true to accept numbers in quotes";
  const bool boolean = type == TypeId::kBoolean && (written == "true" || written == "false");
  return boolean ? "write coerce: true to accept booleans in quotes" : "";
}

/// What to do about the values of the field that a reason begins with.
std::string AdviceOnField(const pipeline::Pipeline& pipeline, std::string_view problem,
                          std::span<const std::string> records) {
  const auto field = std::ranges::find(pipeline.fields, problem.substr(0, problem.find(": ")), &FieldSpec::name);
  if (field == pipeline.fields.end() || problem.find("out of range") != problem.npos) return "";
  const bool time =
      field->type.id == iceberg::TypeId::kTimestamptz || field->type.id == iceberg::TypeId::kTimestamptzNs;
  for (const std::string& record : records) {
    const Json json = Json::parse(record, nullptr, false);
    for (const pipeline::Path& path : field->from)
      if (const Json* value = ValueAt(json, path))
        if (std::string advice = time ? AdviceOnTime(*field, *value) : AdviceOnValue(*field, *value); !advice.empty())
          return advice;
  }
  return "";
}

std::string AdviceOn(const pipeline::Pipeline& pipeline, std::string_view problem,
                     std::span<const std::string> records) {
  const bool whole = problem.starts_with("not JSON") || problem.starts_with("not a JSON object");
  if (!whole) return AdviceOnField(pipeline, problem, records);
  if (pipeline.source.format != "json") return "";
  for (const std::string& record : records)
    if (!Json::parse(record, nullptr, false).is_object())
      if (std::string advice = AdviceOnFormat(record); !advice.empty()) return advice;
  return "";
}

}  // namespace

std::string CauseOfRefusals(const pipeline::Pipeline& pipeline, std::span<const std::string> problems,
                            std::span<const std::string> records) {
  struct Kind {
    int64_t count = 0;
    std::string_view example;
  };
  std::map<std::string_view, Kind> kinds;  // by what precedes the value
  for (const std::string& problem : problems) {
    Kind& kind = kinds[std::string_view(problem).substr(0, problem.find('\''))];
    if (kind.count++ == 0) kind.example = problem;
  }
  if (kinds.empty()) return "";
  const Kind& most = std::ranges::max_element(kinds, {}, [](const auto& kind) { return kind.second.count; })->second;
  const std::string advice = AdviceOn(pipeline, most.example, records);
  return fmt::format("{}{}{}{}", ReplaceInvalidUtf8(most.example.substr(0, kExampleMax)),
                     most.example.size() > kExampleMax ? "…" : "", advice.empty() ? "" : "; ", advice);
}

}  // namespace ingot::bronze
