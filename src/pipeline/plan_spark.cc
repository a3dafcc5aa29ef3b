#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/plan.h"
#include "pipeline/source_position.h"

// Spark's variant functions convert records to columns, as strictly as the embedded parser (bronze/cell.h). The SQL
// checks the kind of each JSON value before it converts it. Source: Spark SQL reference, "Variant functions".

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

/// The value of a field as a variant: the first value that exists and is not null, of the first `paths` paths.
Result<std::string> FindSql(const FieldSpec& field, size_t paths) {
  std::vector<std::string> found;
  for (size_t i = 0; i < paths; ++i) {
    INGOT_ASSIGN(const std::string text, VariantPath(field, field.from[i]));
    const std::string value = fmt::format("try_variant_get(_record, {}, 'variant')", text);
    found.push_back(fmt::format("CASE WHEN NOT is_variant_null({0}) THEN {0} END", value));
  }
  return fmt::format("coalesce({})", fmt::join(found, ", "));
}

/// `value`: SQL of a field's value from the variant `v` and its kind `k`; null if it cannot be converted. `problem`:
/// CASE branches with the error of the value. They also read the converted value as `c`.
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

std::string Get(const std::string& v, const char* type) {
  return fmt::format("try_variant_get({}, '$', '{}')", v, type);
}

std::string UnlessNumber(const FieldSpec& field, const std::string& k) {
  return fmt::format("WHEN NOT {} RLIKE '^(BIGINT|DECIMAL|DOUBLE|FLOAT)' THEN {} ", k, Mismatch(field, k));
}

std::string UnlessText(const FieldSpec& field, const std::string& k) {
  return fmt::format("WHEN {} <> 'STRING' THEN {} ", k, Mismatch(field, k));
}

/// SQL of a whole number. The record may write it with a point or an exponent.
std::string WholeSql(const std::string& v, const std::string& k) {
  return fmt::format(
      "CASE WHEN {0} = 'BIGINT' THEN {1} WHEN abs({2}) <= 9e15D AND {2} = rint({2}) THEN CAST({2} AS BIGINT) END", k,
      Get(v, "bigint"), Get(v, "double"));
}

/// Microseconds of an RFC 3339 time, parsed as in base/rfc3339.h. Spark's own functions accept many other formats.
std::string Rfc3339Sql(const std::string& text) {
  constexpr const char* kForm =
      "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?"
      "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\\\\z";
  const auto number = [&](int first) { return fmt::format("try_cast(substr({}, {}, 2) AS BIGINT)", text, first); };
  const std::string shift = fmt::format(
      "CASE WHEN right({0}, 1) IN ('Z', 'z') THEN 0 ELSE CASE WHEN substr({0}, -6, 1) = '-' THEN -1 ELSE 1 END * ({1} "
      "* "
      "60 + {2}) END",
      text, number(-5), number(-2));
  const std::string minutes = fmt::format("(unix_date(try_cast(left({}, 10) AS DATE)) * 24L + {}) * 60 + {} - {}", text,
                                          number(12), number(15), shift);
  return fmt::format(
      "CASE WHEN {0} RLIKE '{1}' THEN (({2}) * 60 + {3}) * 1000000 + try_cast(rpad(regexp_extract({0}, '[.]([0-9]+)', "
      "1), 6, '0') AS BIGINT) END",
      text, kForm, minutes, number(18));
}

FieldSql TimeSql(const FieldSpec& field, const std::string& v, const std::string& k, const std::string& c) {
  FieldSql sql;
  if (field.time_format == TimeFormat::kRfc3339) {
    sql.value = fmt::format("timestamp_micros({})", Rfc3339Sql(Get(v, "string")));
    sql.problem = UnlessText(field, k) + fmt::format("WHEN {} IS NULL THEN '{}: not an RFC 3339 time' ", c, field.name);
  } else {
    const int64_t factor = field.time_format == TimeFormat::kEpochSeconds  ? 1'000'000
                           : field.time_format == TimeFormat::kEpochMillis ? 1'000
                           : field.time_format == TimeFormat::kEpochMicros ? 1
                                                                           : 0;
    const std::string units = "(" + WholeSql(v, k) + ")";
    std::string micros = units;
    // A fraction is rounded to the microsecond, up to 2^52 microseconds.
    if (factor > 1)
      micros = fmt::format(
          "CASE WHEN {0} BETWEEN -{1}L AND {1}L THEN {0} * {2} WHEN {3} <> rint({3}) AND abs({3} * {2}D) <= "
          "4503599627370496D THEN CAST(rint({3} * {2}D) AS BIGINT) END",
          units, INT64_MAX / factor, factor, Get(v, "double"));
    if (factor == 0) micros = fmt::format("{0} div 1000 - CASE WHEN {0} % 1000 < 0 THEN 1 ELSE 0 END", units);
    sql.value = fmt::format("timestamp_micros({})", micros);
    sql.problem = UnlessNumber(field, k) + fmt::format("WHEN {} IS NULL THEN '{}: time out of range' ", c, field.name);
  }
  std::vector<std::string> bounds{fmt::format("{} < timestamp_micros({})", c, field.time_min_micros),
                                  fmt::format("{} > timestamp_micros({})", c, field.time_max_micros)};
  if (field.time_max_after_now_micros)
    bounds.push_back(fmt::format("{} > timestamp_micros(unix_micros(_now) + {})", c, *field.time_max_after_now_micros));
  for (const std::string& bound : bounds)
    sql.problem += fmt::format("WHEN {} THEN concat('{}: time out of range: ', {}) ", bound, field.name, c);
  return sql;
}

Result<FieldSql> ConvertSql(const FieldSpec& field, const std::string& v, const std::string& k, const std::string& c) {
  if (field.coerce) return Fail(ErrorKind::kUnsupported, "field " + field.name + ": coerce is for the embedded engine");
  const std::string text = Get(v, "string");
  const std::string out_of_range = fmt::format("'{}: out of the range of a {}' ", field.name, TypeName(field.type));
  const auto unless_text_of = [&](const char* what) {
    return UnlessText(field, k) + fmt::format("WHEN {} IS NULL THEN concat('{}: not a {}: ''', left({}, 40), '''') ", c,
                                              field.name, what, text);
  };
  switch (field.type.id) {
    case TypeId::kTimestamptz:
      return TimeSql(field, v, k, c);
    case TypeId::kString:
      return FieldSql{text, UnlessText(field, k)};
    case TypeId::kBoolean:
      return FieldSql{Get(v, "boolean"), fmt::format("WHEN {} <> 'BOOLEAN' THEN {} ", k, Mismatch(field, k))};
    case TypeId::kUuid:
      return FieldSql{
          fmt::format("CASE WHEN lower({0}) RLIKE '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\\\\z' THEN "
                      "lower({0}) END",
                      text),
          unless_text_of("UUID")};
    case TypeId::kDate:
      return FieldSql{
          fmt::format("CASE WHEN {0} RLIKE '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\\\\z' THEN try_cast({0} AS DATE) END",
                      text),
          unless_text_of("date") + fmt::format("WHEN {} < DATE'0001-01-01' THEN '{}: not a date' ", c, field.name)};
    case TypeId::kInt:
    case TypeId::kLong:
      return FieldSql{
          fmt::format("try_cast({} AS {})", WholeSql(v, k), field.type.id == TypeId::kInt ? "int" : "bigint"),
          UnlessNumber(field, k) + fmt::format("WHEN {} IS NULL THEN {}", c, out_of_range)};
    case TypeId::kFloat:
    case TypeId::kDouble: {
      std::string number = Get(v, "double");
      if (field.factor != 1) number = fmt::format("({} * {}D)", number, field.factor);
      if (field.type.id == TypeId::kFloat) number = fmt::format("CAST({} AS FLOAT)", number);
      return FieldSql{number,
                      UnlessNumber(field, k) +
                          fmt::format("WHEN {0} IS NULL OR abs({0}) = double('Infinity') THEN {1}", c, out_of_range)};
    }
    case TypeId::kDecimal:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
    case TypeId::kTimestamptzNs:
    case TypeId::kFixed:
    case TypeId::kBinary:
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      break;
  }
  return Fail(ErrorKind::kUnsupported, "field " + field.name + ": Spark's bronze has no type " + TypeName(field.type));
}

/// The records as variants. `_record` is null for text that is not JSON. `_whole` is true if the record is an object.
/// Spark's parser ignores text after a value. Therefore the record is put into an array, and its last element is
/// checked. The parser accepts halves of surrogate pairs, but no byte order mark: the SQL handles both.
std::string ParsedSql(const std::string& source) {
  constexpr const char* kHalfPair =
      R"(instr(_text, '\\u') > 0 AND regexp_replace(regexp_replace(_text, '\\\\\\\\', ' '), )"
      R"('\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', ' ') RLIKE '\\\\u[dD][89a-fA-F]')";
  return std::string(
             "SELECT *, coalesce(schema_of_variant(_record) LIKE 'OBJECT%', false) AS _whole FROM (SELECT *, CASE "
             "WHEN ") +
         "try_variant_get(_array, '$[1]', 'string') = 'end' AND try_variant_get(_array, '$[2]', 'variant') IS NULL "
         "THEN "
         "try_variant_get(_array, '$[0]', 'variant') END AS _record FROM (SELECT *, CASE WHEN NOT (" +
         kHalfPair +
         ") THEN try_parse_json(concat('[', _text, ',\"end\"]')) END AS _array FROM (SELECT *, regexp_replace("
         "try_validate_utf8(CAST(value AS STRING)), '^\\uFEFF', '') AS _text FROM " +
         source + ")))";
}

/// Members of the record as JSON: members that are not a field, or whose field has its value from an earlier path.
Result<std::string> ExtraSql(const Pipeline& pipeline) {
  std::vector<std::string> known;
  for (const FieldSpec& field : pipeline.fields)
    for (size_t i = 0; i < field.from.size(); ++i) {
      if (field.from[i].size() > 1) continue;
      std::string is =
          "key = " + ToSql({.kind = Expression::Kind::kText, .text = field.from[i][0].key}, Dialect::kSpark);
      if (i > 0) {
        INGOT_ASSIGN(const std::string earlier, FindSql(field, i));
        is = fmt::format("({} AND (is_variant_null(value) OR {} IS NULL))", is, earlier);
      }
      known.push_back(std::move(is));
    }
  if (known.empty()) known.push_back("false");
  const std::string others = fmt::format("map_filter(CAST(_record AS MAP<STRING, VARIANT>), (key, value) -> NOT ({}))",
                                         fmt::join(known, " OR "));
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
  std::vector<std::string> found, kinds, converted, values, problems, messages, names;
  for (const FieldSpec& field : pipeline.fields) {
    if (field.compute) continue;
    const auto helper = [at = names.size()](char letter) { return fmt::format("_{}{}", letter, at); };
    const std::string v = helper('v'), k = helper('k'), c = helper('c'), p = helper('p');
    INGOT_ASSIGN(const std::string find, FindSql(field, field.from.size()));
    INGOT_ASSIGN(const FieldSql sql, ConvertSql(field, v, k, c));
    names.push_back(QuoteName(field.name, Dialect::kSpark));
    found.push_back(fmt::format("{} AS {}", find, v));
    kinds.push_back(fmt::format("schema_of_variant({}) AS {}", v, k));
    converted.push_back(fmt::format("{} AS {}", sql.value, c));
    problems.push_back(fmt::format("CASE WHEN {} IS NULL THEN NULL {}END AS {}", v, sql.problem, p));
    messages.push_back(p);
    values.push_back(fmt::format("CASE WHEN _whole AND {} IS NULL THEN {} END AS {}", p, c, names.back()));
  }
  const std::string error =
      "CASE WHEN value IS NULL THEN 'the record has no value (tombstone)' WHEN _record IS NULL THEN 'not JSON' WHEN "
      "NOT "
      "_whole THEN 'not a JSON object' ELSE nullif(concat_ws('; ', " +
      fmt::format("{}", fmt::join(messages, ", ")) + "), '') END";
  const std::string parsed = ParsedSql(source);
  INGOT_ASSIGN(const std::string extra, ExtraSql(pipeline));
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
      "SELECT {}, {}, _produced_at, _ingested_at, CASE WHEN _error IS NULL THEN _extra END AS "
      "_extra, _error, {}\nFROM (SELECT {},\n  topic AS "
      "{}, partition AS {}, offset AS {}, timestamp AS _produced_at, _now AS _ingested_at, {} AS _extra,\n  "
      "{} AS "
      "_error, value AS _payload\nFROM (SELECT *, {}\nFROM (SELECT *, {}\nFROM (SELECT *, {}\nFROM (SELECT *, {}\nFROM "
      "({}))))))",
      fmt::join(columns, ", "), kPositionSql,
      pipeline.payload_all ? "_payload" : "CASE WHEN _error IS NOT NULL THEN _payload END AS _payload",
      fmt::join(values, ",\n  "), kSource, kSourcePartition, kSourceOffset, "CASE WHEN _whole THEN " + extra + " END",
      error, fmt::join(problems, ",\n  "), fmt::join(converted, ",\n  "), fmt::join(kinds, ", "),
      fmt::join(found, ",\n  "), parsed);
}

}  // namespace ingot::pipeline
