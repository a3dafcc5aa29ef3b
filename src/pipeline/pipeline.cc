#include "pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "iceberg/catalog.h"
#include "iceberg/sort_order.h"
#include "iceberg/value.h"
#include "pipeline/document.h"
#include "pipeline/source_position.h"
#include "pipeline/table_names.h"

namespace ingot::pipeline {
namespace {

using iceberg::Transform;
using iceberg::TransformKind;
using iceberg::Type;
using iceberg::TypeId;

constexpr TimeFormat kTimeFormats[] = {TimeFormat::kEpochSeconds, TimeFormat::kEpochMillis, TimeFormat::kEpochMicros,
                                       TimeFormat::kEpochNanos, TimeFormat::kRfc3339};

/// Input: "day(timestamp)", "bucket(16, user_id)", "truncate(4, name)" or a column.
std::pair<std::string, Transform> PartitionFrom(const Place& place, const std::string& text) {
  const size_t open = text.find('(');
  if (open == std::string::npos) return {text, Transform{}};
  if (!text.ends_with(')')) place.Refuse("')' is missing in '" + text + "'");
  const std::string name = text.substr(0, open);
  std::string inner = text.substr(open + 1, text.size() - open - 2), transform = name;
  if (const size_t comma = inner.find(','); comma != std::string::npos) {
    transform = name + "[" + inner.substr(0, comma) + "]";
    inner = inner.substr(inner.find_first_not_of(' ', comma + 1));
  }
  const Transform parsed = place.Take(iceberg::ParseTransform(transform));
  static const std::vector<std::string> known{"identity", "year", "month", "day", "hour", "bucket", "truncate"};
  if (parsed.kind == TransformKind::kUnknown)
    place.Refuse("unknown partition transform '" + name + "'" + DidYouMean(name, known));
  return {inner, parsed};
}

void CheckTableName(const Place& place, const std::string& table) {
  place.Take(iceberg::ParseTableName(table, "iceberg_catalog"));
  if (const std::string problem = ProblemOfTableName(table); !problem.empty()) place.Refuse(problem);
}

TableSpec TableFrom(const Place& place) {
  TableSpec table{.table = place.At("table").Text()};
  CheckTableName(place.At("table"), table.table);
  if (place.Has("partition"))
    for (const std::string& text : place.At("partition").Texts())
      table.partition.push_back(PartitionFrom(place.At("partition"), text));
  if (place.Has("sort"))
    for (const std::string& text : place.At("sort").Texts())
      table.sort.push_back(place.At("sort").Take(iceberg::ParseSortColumn(text)));
  if (place.Has("keep")) table.keep_micros = place.At("keep").Take(ParseDuration(place.At("keep").Text()));
  if (place.Has("properties"))
    for (const auto& [name, value] : place.At("properties").Entries()) table.properties[name] = value.Text();
  return table;
}

/// A table with the columns of the source position. The file may use their earlier names.
TableSpec PositionedTableFrom(const Place& place) {
  TableSpec table = TableFrom(place);
  for (auto& [column, transform] : table.partition) column = CurrentColumnName(column);
  for (auto& column : table.sort) column.column = CurrentColumnName(column.column);
  std::map<std::string, std::string> properties;
  for (const auto& [key, value] : table.properties) properties.emplace(CurrentPropertyName(key), value);
  table.properties = std::move(properties);
  return table;
}

void TimeFrom(const Place& place, FieldSpec& field) {
  const std::string unit = place.Text("unit", "ms");
  const auto* const format = std::ranges::find(kTimeFormats, unit, TimeFormatName);
  if (format == std::end(kTimeFormats)) place.At("unit").Refuse("'" + unit + "' is none of s, ms, us, ns, rfc3339");
  field.time_format = *format;
  if (!place.Has("range")) return;
  const Place range = place.At("range");
  const auto bounds = range.Texts();
  if (bounds.size() != 2) range.Refuse("must be [earliest, latest]");
  const auto day = [&](const std::string& text) {
    return std::get<int64_t>(range.Take(iceberg::ParseValue(text, {.id = TypeId::kTimestamptz})));
  };
  field.time_min_micros = std::max(kTimeMinMicros, day(bounds[0]));
  if (!bounds[1].starts_with("now"))
    field.time_max_micros = std::min(kTimeMaxMicros, day(bounds[1]));
  else
    field.time_max_after_now_micros =
        bounds[1] == "now" ? 0
                           : std::min(kTimeMaxMicros, range.Take(ParseDuration(std::string_view(bounds[1]).substr(4))));
}

bool IsTime(const FieldSpec& field) {
  return field.type.id == TypeId::kTimestamptz || field.type.id == TypeId::kTimestamptzNs;
}

bool IsText(const FieldSpec& field) {
  return field.type.id == TypeId::kString || field.type.id == TypeId::kUuid || field.type.id == TypeId::kDate;
}

/// The default as JSON. The type of the field decides whether it is text.
std::string DefaultFrom(const Place& place, const FieldSpec& field) {
  if (IsTime(field)) place.Refuse("a time has no default");
  const std::string text = place.Text();
  place.Take(iceberg::ParseValue(text, field.type));
  const bool quoted = IsText(field);
  if (!quoted && !nlohmann::json::accept(text)) place.Refuse("'" + text + "' is no " + TypeName(field.type));
  return quoted ? JsonQuote(text) : text;
}

/// The unit of a number documents the column.
void CheckUnit(const Place& place, const FieldSpec& field) {
  if (place.Has("unit") && (IsText(field) || field.type.id == TypeId::kBoolean))
    place.At("unit").Refuse("only numbers and times have a unit, not a " + TypeName(field.type));
}

void CheckCoerce(const Place& place, const FieldSpec& field) {
  const bool text = IsText(field) || (IsTime(field) && place.Text("unit", "") == "rfc3339");
  if (text) place.At("coerce").Refuse("is for numbers and booleans in quotes; this field is text in the record");
}

FieldSpec FieldFrom(const std::string& name, const Place& place) {
  FieldSpec field{.name = name, .type = place.Take(iceberg::ParsePrimitiveType(place.At("type").Text()))};
  if (name.empty() || name.starts_with('_')) place.Refuse("a field's name must not begin with '_'");
  field.renamed_from = place.Text("renamed_from", "");
  if (place.Has("compute")) {
    for (const char* key : {"from", "default", "from_unit", "coerce", "range", "rare"})
      if (place.Has(key)) place.At(key).Refuse("a computed field is not read from the record");
    if (IsTime(field) && place.Has("unit")) place.At("unit").Refuse("a computed field is not read from the record");
    CheckUnit(place, field);
    field.compute = place.At("compute").Take(ParseExpression(place.At("compute").Text()));
    return field;
  }
  if (!place.Has("from"))
    for (const std::string& key : {name, field.renamed_from}) {
      if (!key.empty()) field.from.push_back({{.key = key, .index = std::nullopt}});
    }
  else
    for (const std::string& path : place.At("from").Texts())
      field.from.push_back(place.At("from").Take(ParsePath(path)));
  field.rare = place.Has("rare") && place.At("rare").Flag();
  if (place.Has("coerce")) CheckCoerce(place, field);
  field.coerce = place.Has("coerce") && place.At("coerce").Flag();
  if (IsTime(field) && place.Has("from_unit"))
    place.At("from_unit").Refuse("is for numbers; 'unit' is the format of a time in the record");
  if (IsTime(field))
    TimeFrom(place, field);
  else if (place.Has("range"))
    place.At("range").Refuse("only times have a range; write a rule with check for other fields");
  else if (place.Has("from_unit")) {
    if (!place.Has("unit")) place.At("from_unit").Refuse("requires 'unit'");
    if (field.type.id != TypeId::kDouble && field.type.id != TypeId::kFloat)
      place.At("from_unit").Refuse("only float and double fields are converted");
    field.factor = place.At("from_unit").Take(ConvertUnit(place.At("from_unit").Text(), place.At("unit").Text()));
  } else if (place.Has("unit")) {
    CheckUnit(place, field);
    place.At("unit").Take(ConvertUnit(place.At("unit").Text(), place.At("unit").Text()));
  }
  if (place.Has("default")) field.default_json = DefaultFrom(place.At("default"), field);
  return field;
}

/// Names of Iceberg's metadata columns (format/spec.md, "Reserved Field IDs"): Spark cannot read a table that has one.
constexpr std::string_view kMetadataColumns[] = {
    "_file", "_pos", "_deleted", "_spec_id", "_partition", "_row_id", "_last_updated_sequence_number"};

void CheckRenames(const Place& fields, const Pipeline& pipeline) {
  std::map<std::string, std::string> renames;
  for (const FieldSpec& field : pipeline.fields) {
    const std::string& old = field.renamed_from;
    if (old.empty()) continue;
    const Place place = fields.At(field.name).At("renamed_from");
    if (old.starts_with('_')) place.Refuse("a field's name must not begin with '_'");
    if (std::ranges::find(pipeline.fields, old, &FieldSpec::name) != pipeline.fields.end())
      place.Refuse("'" + old + "' is a field of this file: name the field that " + field.name + " replaces");
    if (const auto [other, added] = renames.emplace(old, field.name); !added)
      place.Refuse("'" + other->second + "' is renamed from '" + old + "' too");
  }
}

GoldSpec GoldFrom(const Place& place, const ColumnTypes& columns) {
  GoldSpec gold{.table = TableFrom(place), .group = {}, .measures = {}};
  std::vector<std::string> names{"updated_at"};
  const auto read = [&](const std::string& section, bool aggregates, std::vector<NamedExpression>& into) {
    for (const auto& [name, item] : place.At(section).Entries()) {
      if (std::ranges::find(names, name) != names.end()) item.Refuse("a column of that name exists already");
      if (std::ranges::find(kMetadataColumns, name) != std::end(kMetadataColumns))
        item.Refuse("the name belongs to a metadata column of Iceberg: choose another one");
      NamedExpression named{.name = name, .expression = item.Take(ParseExpression(item.Text())), .type = {}};
      if (HasAggregate(named.expression) != aggregates)
        item.Refuse(aggregates ? "a measure must be an aggregate, such as avg(x)" : "a group cannot be an aggregate");
      named.type = item.Take(Resolve(named.expression, columns));
      names.push_back(name);
      into.push_back(std::move(named));
    }
  };
  read("group", false, gold.group);
  read("measures", true, gold.measures);
  for (const auto& [column, transform] : gold.table.partition)
    if (std::ranges::find(gold.group, column, &NamedExpression::name) == gold.group.end())
      place.At("partition").Refuse("'" + column + "' is not a group column");
  for (const auto& column : gold.table.sort)
    if (std::ranges::find(names, column.column) == names.end())
      place.At("sort").Refuse("'" + column.column + "' is not a column of the table");
  return gold;
}

CsvSpec CsvFrom(const Place& place) {
  CsvSpec csv;
  const auto character = [&](const std::string& key) {
    std::string text = place.At(key).Text();
    if (text == "tab" || text == "\\t") text = "\t";
    const bool fits =
        text.size() == 1 && uint8_t(text[0]) < 0x80 && text[0] != '\n' && text[0] != '\r' && text[0] != '\0';
    if (!fits) place.At(key).Refuse("must be one ASCII character other than a line end, not '" + text + "'");
    return text[0];
  };
  if (place.Has("delimiter")) csv.delimiter = character("delimiter");
  if (place.Has("quote")) csv.quote = place.At("quote").Text().empty() ? '\0' : character("quote");
  if (csv.quote == csv.delimiter) place.Refuse("delimiter and quote must differ");
  if (place.Has("multiline") && csv.quote == '\0')
    place.At("multiline").Refuse("is for quoted cells, and quote is none");
  if (place.Has("multiline")) csv.multiline = place.At("multiline").Flag();
  csv.encoding = place.Text("encoding", csv.encoding);
  if (!place.Has("header")) return csv;
  const Place header = place.At("header");
  csv.names = header.Texts();
  if (csv.names.size() == 1 && (csv.names[0] == "true" || csv.names[0] == "false")) {
    csv.header = csv.names[0] == "true";
    csv.names.clear();
    return csv;
  }
  csv.header = false;
  if (csv.names.empty()) header.Refuse("must be true, false or the names of the columns");
  for (size_t i = 0; i < csv.names.size(); ++i)
    if (std::find(csv.names.begin(), csv.names.begin() + ptrdiff_t(i), csv.names[i]) !=
        csv.names.begin() + ptrdiff_t(i))
      header.Refuse("two columns are named '" + csv.names[i] + "'");
  return csv;
}

/// CSV has only text and no nested members.
void CheckCsvField(const Place& place, FieldSpec& field) {
  if (place.Has("coerce")) place.At("coerce").Refuse("cells of CSV are text, which is always converted: remove it");
  field.coerce = true;
  for (const Path& path : field.from)
    if (path.size() > 1)
      place.At("from").Refuse("columns of CSV have no members; write $['a.b'] for a column whose name holds a dot");
}

/// A text that is not empty, not even where a variable of the environment is.
std::string NonEmpty(const Place& place) {
  std::string text = place.Text();
  if (text.empty()) place.Refuse("is empty");
  return text;
}

std::string KafkaUri(const Place& kafka) {
  const std::string brokers = NonEmpty(kafka.At("brokers"));
  if (brokers.find('/') != std::string::npos)
    kafka.At("brokers").Refuse("must be host:port without a scheme or a path, not '" + brokers + "'");
  return "kafka://" + brokers + "/" + NonEmpty(kafka.At("topic"));
}

SourceSpec SourceFrom(const Place& place) {
  SourceSpec source;
  if (place.Has("files") && place.Has("kafka"))
    place.At("files").Refuse("the source has kafka, too: remove one of them");
  if (place.Has("files")) source.uri = NonEmpty(place.At("files"));
  source.format = place.Text("format", "json");
  if (place.Has("csv") && source.format != "csv") place.At("csv").Refuse("needs format: csv");
  if (place.Has("csv")) source.csv = CsvFrom(place.At("csv"));
  source.on_changed = place.Text("on_changed", "fail");
  if (!place.Has("kafka")) return source;
  const Place kafka = place.At("kafka");
  source.uri = KafkaUri(kafka);
  if (kafka.Has("properties"))
    for (const auto& [name, value] : kafka.At("properties").Entries()) source.kafka[name] = value.Text();
  if (kafka.Has("keep"))
    for (const std::string& what : kafka.At("keep").Texts()) {
      if (what != "key" && what != "headers") kafka.At("keep").Refuse("'" + what + "' is none of key, headers");
      (what == "key" ? source.keep_key : source.keep_headers) = true;
    }
  return source;
}

/// Keys that only files obey. Records of a topic are JSON, one per message.
void CheckKafkaKeys(const Place& place, const SourceSpec& source) {
  if (!place.Has("kafka")) return;
  if (source.format != "json")
    place.At("format").Refuse("'" + source.format + "' is for files: the records of a topic are JSON (format: json)");
  if (place.Has("on_changed")) place.At("on_changed").Refuse("is for files, and the source has kafka: remove it");
}

void CheckColumns(const Place& place, const TableSpec& table, const ColumnTypes& columns) {
  for (const auto& [column, transform] : table.partition) {
    if (column.starts_with('_')) continue;
    NeedField(place.At("partition"), column, columns);
    place.At("partition").Take(iceberg::TransformResultType(transform, columns.at(column)));
  }
  for (const auto& column : table.sort)
    if (!column.column.starts_with('_')) NeedField(place.At("sort"), column.column, columns);
}

void ReadRules(const Place& place, const ColumnTypes& columns, SilverSpec& silver) {
  for (const Place& item : place.Items()) ReadRuleOrFix(item, columns, silver.rules, silver.fixes);
  if (silver.rules.size() > kRulesMax) place.Refuse(fmt::format("more than {} rules", kRulesMax));
  std::vector<std::string> names = RuleNames(silver.rules);
  for (const Fix& fix : silver.fixes) names.push_back(fix.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    place.Refuse("two rules are named '" + *twice + "'");
}

int64_t RowCountFrom(const Place& place) {
  const std::string text = place.Text();
  int64_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error != std::errc() || end != text.data() + text.size() || rows < 1)
    place.Refuse("must be a whole number of rows, at least 1");
  return rows;
}

SilverSpec SilverFrom(const Place& place, const Pipeline& pipeline, const ColumnTypes& columns) {
  SilverSpec silver{.table = PositionedTableFrom(place), .quarantine = {}, .fixes = {}, .rules = {}, .unique = {}};
  silver.follow_deletes = place.Has("follow_deletes") && place.At("follow_deletes").Flag();
  CheckColumns(place, silver.table, columns);
  const std::string space = silver.table.table.substr(0, silver.table.table.rfind('.'));
  silver.quarantine.table = place.Text("quarantine", space + "." + pipeline.name + "_quarantine");
  CheckTableName(place.Has("quarantine") ? place.At("quarantine") : place, silver.quarantine.table);
  silver.quarantine.partition = {{"_ingested_at", Transform{.kind = TransformKind::kDay}}};
  if (const auto format = silver.table.properties.find(iceberg::kFormatVersion);
      format != silver.table.properties.end())
    silver.quarantine.properties.insert(*format);
  if (place.Has("rules")) ReadRules(place.At("rules"), columns, silver);
  if (place.Has("unique")) {
    const Place key = place.At("unique").At("key");
    silver.unique = key.Texts();
    for (const std::string& field : silver.unique) NeedField(key, field, columns);
  }
  if (place.Has("gate_rows")) silver.gate_rows = RowCountFrom(place.At("gate_rows"));
  return silver;
}

void CheckNames(const Place& root, const Pipeline& pipeline) {
  const auto clash = FindNameClash(pipeline, "iceberg_catalog");
  if (!clash) return;
  const Place silver = root.At("silver");
  switch (clash->kind) {
    case TableKind::kBronze:
      root.At("bronze").At("table").Refuse(clash->why);
    case TableKind::kSilver:
      silver.At("table").Refuse(clash->why);
    case TableKind::kQuarantine:
      (silver.Has("quarantine") ? silver.At("quarantine") : silver).Refuse("quarantine: " + clash->why);
    case TableKind::kGold:
      root.At("gold").Items()[clash->item].At("table").Refuse(clash->why);
    case TableKind::kOps:
      return;
  }
}

Pipeline PipelineFrom(const Place& root, const std::string& file) {
  root.CheckSection(PipelineKeys());
  Pipeline pipeline{.name = root.At("pipeline").Text(), .file = file, .source = SourceFrom(root.At("source"))};
  for (const auto& [name, place] : root.At("fields").Entries()) {
    pipeline.fields.push_back(FieldFrom(name, place));
    if (pipeline.source.format == "csv") CheckCsvField(place, pipeline.fields.back());
    if (!pipeline.fields.back().compute) continue;
    const Type type = place.At("compute").Take(Resolve(*pipeline.fields.back().compute, pipeline.Columns()));
    if (!(type == pipeline.fields.back().type) && !iceberg::CanPromote(type, pipeline.fields.back().type) &&
        !(type.id == TypeId::kLong && pipeline.fields.back().type.id == TypeId::kDouble))
      place.At("compute").Refuse("gives " + iceberg::TypeName(type) + ", not " +
                                 iceberg::TypeName(pipeline.fields.back().type));
  }
  CheckRenames(root.At("fields"), pipeline);
  if (pipeline.fields.empty()) root.At("fields").Refuse("at least one field is needed");
  const ColumnTypes columns = pipeline.Columns();
  pipeline.bronze = PositionedTableFrom(root.At("bronze"));
  CheckColumns(root.At("bronze"), pipeline.bronze, columns);
  pipeline.extra_as_variant = root.At("bronze").Text("extra", "json") == "variant";
  pipeline.payload_all = root.At("bronze").Text("payload", "errors") == "all";
  pipeline.silver.push_back(SilverFrom(root.At("silver"), pipeline, columns));
  if (root.Has("gold"))
    for (const Place& place : root.At("gold").Items()) pipeline.gold.push_back(GoldFrom(place, columns));
  CheckNames(root, pipeline);
  return pipeline;
}

/// The YAML library does not check UTF-8. A name that is not UTF-8 matches no key of a record and cannot be a column.
Status RequireUtf8(std::string_view yaml, const std::string& file) {
  if (yaml.starts_with("\xFF\xFE") || yaml.starts_with("\xFE\xFF")) return {};  // UTF-16, which the library converts
  size_t line = 1;
  while (!yaml.empty()) {
    const size_t bytes = Utf8SequenceBytes(yaml);
    if (bytes == 0)
      return Fail(ErrorKind::kBadConfig, fmt::format("{}:{}: the file is not UTF-8 (byte 0x{:02X}): save it as UTF-8",
                                                     file, line, uint8_t(yaml.front())));
    line += yaml.front() == '\n';
    yaml.remove_prefix(bytes);
  }
  return {};
}

}  // namespace

std::string_view TimeFormatName(TimeFormat format) {
  switch (format) {
    case TimeFormat::kEpochSeconds:
      return "s";
    case TimeFormat::kEpochMillis:
      return "ms";
    case TimeFormat::kEpochMicros:
      return "us";
    case TimeFormat::kEpochNanos:
      return "ns";
    case TimeFormat::kRfc3339:
      return "rfc3339";
  }
  return "";
}

ColumnTypes Pipeline::Columns() const {
  ColumnTypes columns;
  for (const FieldSpec& field : fields) columns[field.name] = field.type;
  return columns;
}

Result<Pipeline> ParsePipeline(const std::string& yaml, const std::string& file, const std::string& source) {
  INGOT_TRY(RequireUtf8(yaml, file));
  try {
    const Place root(file, YAML::Load(yaml));
    Pipeline pipeline = PipelineFrom(root, file);
    if (source.empty()) CheckKafkaKeys(root.At("source"), pipeline.source);
    return pipeline;
  } catch (const Refusal& refusal) {
    return Fail(ErrorKind::kBadConfig, refusal.message);
  } catch (const YAML::Exception& problem) {
    return Fail(ErrorKind::kBadConfig, fmt::format("{}:{}: {}", file, problem.mark.line + 1, problem.msg));
  }
}

Result<Pipeline> LoadPipeline(const std::string& file, const std::string& source) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in && errno == ENOENT)
    return Fail(ErrorKind::kBadConfig, "pipeline file does not exist: " + file + " (name one with --pipeline FILE)");
  std::stringstream text;
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (in.bad() || text.bad() || !in.is_open())
    return Fail(ErrorKind::kBadConfig, "cannot read the pipeline file " + file + ": " + std::strerror(errno));
  return ParsePipeline(text.str(), file, source);
}

}  // namespace ingot::pipeline
