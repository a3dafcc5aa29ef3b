#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/plan.h"

// Records become columns by Spark's variant functions, with the strictness of the embedded parser (bronze/cell.h): the
// kind of each JSON value is looked at before it is converted. Source: Spark SQL reference, "Variant functions".

namespace ingot::pipeline {
namespace {

using iceberg::TypeId;

Result<std::string> VariantPath(const FieldSpec& field, const Path& path) {
  std::string text = "$";
  for (const PathStep& step : path) {
    if (step.index && *step.index < 0)
      return Fail(
          ErrorKind::kUnsupported,
          "field " + field.name + ": Spark has no path that counts from the end; run bronze with --engine embedded");
    text += step.index ? fmt::format("[{}]", *step.index) : fmt::format("[\"{}\"]", step.key);
  }
  return ToSql({.kind = Expression::Kind::kText, .text = text}, Dialect::kSpark);
}

/// The value of a field as a variant: the first path that is there and not null.
Result<std::string> FindSql(const FieldSpec& field) {
  std::vector<std::string> found;
  for (const Path& path : field.from) {
    INGOT_ASSIGN(const std::string text, VariantPath(field, path));
    const std::string value = fmt::format("try_variant_get(_record, {}, 'variant')", text);
    found.push_back(fmt::format("CASE WHEN NOT is_variant_null({0}) THEN {0} END", value));
  }
  return fmt::format("coalesce({})", fmt::join(found, ", "));
}

/// SQL of a field's value from the variant `v` and its kind `k`, and of what is wrong with it (null: nothing).
struct FieldSql {
  std::string value;
  std::string problem;
};

std::string Mismatch(const FieldSpec& field, const std::string& k) {
  return fmt::format(
      "concat('{}: expected {}, found ', CASE WHEN {} IN ('BIGINT') THEN 'a whole number' WHEN {} RLIKE "
      "'^(DECIMAL|DOUBLE|FLOAT)' THEN 'a number' WHEN {} = 'STRING' THEN 'a string' WHEN {} = 'BOOLEAN' THEN 'a "
      "boolean' "
      "WHEN {} LIKE 'ARRAY%' THEN 'an array' ELSE 'an object' END)",
      field.name, TypeName(field.type), k, k, k, k, k);
}

Result<FieldSql> TimeSql(const FieldSpec& field, const std::string& v, const std::string& k) {
  FieldSql sql;
  if (field.time_format == TimeFormat::kRfc3339) {
    sql.value = fmt::format("try_to_timestamp(variant_get({}, '$', 'string'))", v);
    sql.problem = fmt::format("WHEN {} <> 'STRING' THEN {} WHEN {} IS NULL THEN '{}: not an RFC 3339 time' ", k,
                              Mismatch(field, k), sql.value, field.name);
  } else {
    const char* make = field.time_format == TimeFormat::kEpochSeconds  ? "timestamp_seconds"
                       : field.time_format == TimeFormat::kEpochMillis ? "timestamp_millis"
                       : field.time_format == TimeFormat::kEpochMicros ? "timestamp_micros"
                                                                       : nullptr;
    if (make == nullptr)
      return Fail(ErrorKind::kUnsupported, "field " + field.name + ": Spark has no time in nanoseconds");
    sql.value = fmt::format("{}(try_variant_get({}, '$', 'bigint'))", make, v);
    sql.problem = fmt::format("WHEN {} <> 'BIGINT' THEN {} ", k, Mismatch(field, k));
  }
  std::vector<std::string> bounds;
  if (field.time_min_micros)
    bounds.push_back(fmt::format("{} < timestamp_micros({})", sql.value, *field.time_min_micros));
  if (field.time_max_micros)
    bounds.push_back(fmt::format("{} > timestamp_micros({})", sql.value, *field.time_max_micros));
  if (field.time_max_after_now_micros)
    bounds.push_back(
        fmt::format("{} > timestamp_micros(unix_micros(_now) + {})", sql.value, *field.time_max_after_now_micros));
  for (const std::string& bound : bounds)
    sql.problem += fmt::format("WHEN {} THEN concat('{}: time out of range: ', {}) ", bound, field.name, sql.value);
  return sql;
}

Result<FieldSql> ConvertSql(const FieldSpec& field, const std::string& v, const std::string& k) {
  if (field.coerce) return Fail(ErrorKind::kUnsupported, "field " + field.name + ": coerce is for the embedded engine");
  const auto get = [&](const char* type) { return fmt::format("try_variant_get({}, '$', '{}')", v, type); };
  const auto only = [&](const char* kind) {
    return fmt::format("WHEN {} <> '{}' THEN {} ", k, kind, Mismatch(field, k));
  };
  switch (field.type.id) {
    case TypeId::kTimestamptz:
      return TimeSql(field, v, k);
    case TypeId::kString:
      return FieldSql{get("string"), only("STRING")};
    case TypeId::kBoolean:
      return FieldSql{get("boolean"), only("BOOLEAN")};
    case TypeId::kUuid: {
      const std::string text = fmt::format("lower({})", get("string"));
      return FieldSql{text,
                      only("STRING") + fmt::format("WHEN NOT {} RLIKE '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]"
                                                   "{{12}}$' THEN concat('{}: not a UUID: ''', left({}, 40), '''') ",
                                                   text, field.name, get("string"))};
    }
    case TypeId::kDate: {
      const std::string date = fmt::format("try_cast({} AS DATE)", get("string"));
      return FieldSql{date, only("STRING") + fmt::format("WHEN {} IS NULL OR length({}) <> 10 THEN '{}: not a date' ",
                                                         date, get("string"), field.name)};
    }
    case TypeId::kInt:
    case TypeId::kLong: {
      const char* type = field.type.id == TypeId::kInt ? "int" : "bigint";
      return FieldSql{get(type), only("BIGINT") + fmt::format("WHEN {} IS NULL THEN '{}: out of the range of a {}' ",
                                                              get(type), field.name, TypeName(field.type))};
    }
    case TypeId::kFloat:
    case TypeId::kDouble: {
      std::string number = get("double");
      if (field.factor != 1) number = fmt::format("({} * {}D)", number, field.factor);
      if (field.type.id == TypeId::kFloat) number = fmt::format("CAST({} AS FLOAT)", number);
      return FieldSql{
          number, fmt::format("WHEN NOT {} RLIKE '^(BIGINT|DECIMAL|DOUBLE|FLOAT)' THEN {} ", k, Mismatch(field, k))};
    }
    default:
      return Fail(ErrorKind::kUnsupported,
                  "field " + field.name + ": Spark's bronze has no type " + TypeName(field.type));
  }
}

/// Members of the record that are no field, as JSON.
std::string ExtraSql(const Pipeline& pipeline) {
  std::vector<std::string> known;
  for (const FieldSpec& field : pipeline.fields)
    for (const Path& path : field.from)
      if (path.size() == 1)
        known.push_back(ToSql({.kind = Expression::Kind::kText, .text = path[0].key}, Dialect::kSpark));
  const std::string others = fmt::format(
      "map_filter(CAST(_record AS MAP<STRING, VARIANT>), (key, value) -> key NOT IN ({}))", fmt::join(known, ", "));
  return fmt::format("CASE WHEN cardinality({0}) > 0 THEN to_json({0}) END", others);
}

std::string DefaultSql(const FieldSpec& field) {
  std::string text = field.default_json;
  if (text.starts_with('"'))
    text = ToSql({.kind = Expression::Kind::kText, .text = nlohmann::json::parse(text).get<std::string>()},
                 Dialect::kSpark);
  const std::string type = field.type.id == TypeId::kUuid ? "string" : TypeName(field.type);
  return fmt::format("CAST({} AS {})", text, type);
}

}  // namespace

Result<std::string> MakeSparkBronzeSql(const Pipeline& pipeline, const std::string& source) {
  if (pipeline.source.keep_key || pipeline.source.keep_headers || pipeline.source.format != "json" ||
      pipeline.extra_as_variant)
    return Fail(ErrorKind::kUnsupported,
                "Spark's bronze takes JSON records without keys and headers, and keeps _extra as JSON: run it with "
                "--engine embedded");
  std::vector<std::string> found, kinds, values, problems, told, names;
  for (const FieldSpec& field : pipeline.fields) {
    if (field.compute) continue;
    const std::string v = fmt::format("_v{}", names.size()), k = fmt::format("_k{}", names.size());
    INGOT_ASSIGN(const std::string find, FindSql(field));
    INGOT_ASSIGN(const FieldSql sql, ConvertSql(field, v, k));
    names.push_back(QuoteName(field.name, Dialect::kSpark));
    found.push_back(fmt::format("{} AS {}", find, v));
    kinds.push_back(fmt::format("schema_of_variant({}) AS {}", v, k));
    const std::string p = fmt::format("_p{}", problems.size());
    problems.push_back(fmt::format("CASE WHEN {} IS NULL THEN NULL {}END AS {}", v, sql.problem, p));
    told.push_back(p);
    values.push_back(fmt::format("CASE WHEN _whole AND {} IS NULL THEN {} END AS {}", p, sql.value, names.back()));
  }
  const std::string error =
      "CASE WHEN value IS NULL THEN 'the record has no value (tombstone)' WHEN _record IS NULL THEN 'not JSON' WHEN "
      "NOT "
      "_whole THEN 'not a JSON object' ELSE nullif(concat_ws('; ', " +
      fmt::format("{}", fmt::join(told, ", ")) + "), '') END";
  const std::string parsed =
      "SELECT *, coalesce(schema_of_variant(_record) LIKE 'OBJECT%', false) AS _whole FROM (SELECT *, "
      "try_parse_json(try_validate_utf8(CAST(value AS STRING))) AS _record FROM " +
      source + ")";
  std::vector<std::string> columns;
  for (const FieldSpec& field : pipeline.fields) {
    if (field.compute) continue;
    const std::string& name = names[columns.size()];
    columns.push_back(field.default_json.empty()
                          ? name
                          : fmt::format("CASE WHEN _error IS NULL THEN coalesce({0}, {1}) ELSE {0} END AS {0}", name,
                                        DefaultSql(field)));
  }
  return fmt::format(
      "SELECT {}, _topic, _partition, _offset, _produced_at, _ingested_at, CASE WHEN _error IS NULL THEN _extra END AS "
      "_extra, _error, CASE WHEN _error IS NOT NULL THEN _payload END AS _payload\nFROM (SELECT {},\n  topic AS "
      "_topic, "
      "partition AS _partition, offset AS _offset, timestamp AS _produced_at, _now AS _ingested_at, {} AS _extra,\n  "
      "{} AS "
      "_error, value AS _payload\nFROM (SELECT *, {}\nFROM (SELECT *, {}\nFROM (SELECT *, {}\nFROM ({})))))",
      fmt::join(columns, ", "), fmt::join(values, ",\n  "), "CASE WHEN _whole THEN " + ExtraSql(pipeline) + " END",
      error, fmt::join(problems, ",\n  "), fmt::join(kinds, ", "), fmt::join(found, ",\n  "), parsed);
}

}  // namespace ingot::pipeline
