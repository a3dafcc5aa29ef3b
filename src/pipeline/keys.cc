#include "pipeline/keys.h"

#include <nlohmann/json.hpp>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

using Kind = Key::Kind;

const std::vector<std::string_view> kTypes{"boolean", "int",  "long", "float",       "double",
                                           "string",  "uuid", "date", "timestamptz", "timestamptz_ns"};

const std::vector<Key> kCsv{
    {"delimiter", Kind::kText, nullptr, false, "The delimiter between cells: one character, or tab. Default: a comma."},
    {"quote", Kind::kText, nullptr, false,
     "The quote around cells that contain delimiters: one character, or empty for none. Default: \"."},
    {"header", Kind::kFlagOrTexts, nullptr, false,
     "true: the first row names the columns; false: the columns are the fields, in order; or a list of names."},
    {"multiline", Kind::kBoolean, nullptr, false,
     "false: cells contain no line ends, so an unclosed quote affects only its own line. Default: true."},
    {"encoding",
     Kind::kText,
     nullptr,
     false,
     "The character encoding. A byte order mark in the file takes precedence. Default: utf-8.",
     {"utf-8", "latin-1", "windows-1252", "utf-16", "utf-16le", "utf-16be"}},
};
const std::vector<Key> kKafka{
    {"brokers", Kind::kText, nullptr, true, "host:port; separate several with commas."},
    {"topic", Kind::kText, nullptr, true,
     "The topic, or a pattern such as ^speedtest_.* that selects all matching topics."},
    {"properties", Kind::kMap, nullptr, false, "librdkafka settings, e.g. security.protocol: SASL_SSL."},
    {"keep", Kind::kTexts, nullptr, false,
     "What bronze keeps in addition to the record: key (as _key), headers (as _headers)."},
};
const std::vector<Key> kSource{
    {"kafka", Kind::kObject, &kKafka, false, "A Kafka topic."},
    {"files", Kind::kText, nullptr, false, "A file or a directory."},
    {"format",
     Kind::kText,
     nullptr,
     false,
     "json: one record per line; document: one record or an array of records per file; csv: one record per row.",
     {"json", "document", "csv"}},
    {"csv", Kind::kObject, &kCsv, false, "The CSV format, where it differs from RFC 4180."},
    {"on_changed",
     Kind::kText,
     nullptr,
     false,
     "What to do with a file that was replaced after it was read: fail (default), reread as new records, or skip.",
     {"fail", "reread", "skip"}},
};
const std::vector<Key> kField{
    {"type", Kind::kText, nullptr, true, "The type of the column.", kTypes},
    {"from", Kind::kTexts, nullptr, false,
     "A JSON path, or several: the first that exists in the record is used. Default: $.name."},
    {"unit", Kind::kText, nullptr, false,
     "The unit of the column. For times: the format in the record: s, ms, us, ns or rfc3339."},
    {"from_unit", Kind::kText, nullptr, false, "The unit in the record, if it differs from the unit of the column."},
    {"coerce", Kind::kBoolean, nullptr, false, "Accept numbers and booleans in quotes."},
    {"range", Kind::kRange, nullptr, false, "For times: the valid range [earliest, latest], as dates or now+1d."},
    {"default", Kind::kText, nullptr, false,
     "The value for records without the field, or with null there. Rows older than the column keep null."},
    {"rare", Kind::kBoolean, nullptr, false, "Few records have it: no warning if none has, or if their share changes."},
    {"renamed_from", Kind::kText, nullptr, false,
     "The name that the field had before. The column keeps its rows; records may have either name."},
    {"compute", Kind::kText, nullptr, false, "An expression over the other fields. Silver computes the column."},
};
const std::vector<Key> kBronze{
    {"table", Kind::kText, nullptr, true, "namespace.table"},
    {"partition", Kind::kTexts, nullptr, false,
     "day(timestamp), hour(…), bucket(16, user_id), truncate(4, name) or a column."},
    {"sort", Kind::kTexts, nullptr, false,
     "The sort order of compaction: one or several columns, each with asc or desc, nulls first or nulls last."},
    {"keep", Kind::kText, nullptr, false, "How long rows are kept, e.g. 90d."},
    {"properties", Kind::kMap, nullptr, false, "Iceberg table properties."},
    {"extra",
     Kind::kText,
     nullptr,
     false,
     "How unknown members are kept: as JSON text, or as a variant in tables of format 3.",
     {"json", "variant"}},
    {"payload",
     Kind::kText,
     nullptr,
     false,
     "Which records keep their bytes, in _payload: errors (those that do not fit; default), or all, from which a "
     "rebuild can read anything that a record had.",
     {"errors", "all"}},
};
std::vector<Key> RuleKeys() {
  static const std::string fix_help = [] {
    std::string text;
    for (const FixKind& fix : FixKinds()) text += (text.empty() ? "" : " ") + std::string(fix.help);
    return text;
  }();
  std::vector<Key> keys{{"name", Kind::kText, nullptr, true, "The rule's name in quarantine and ops.quality."},
                        {"field", Kind::kText, nullptr, false, "The field that fix changes."},
                        {"fix", Kind::kText, nullptr, false, fix_help}};
  for (const FixKind& fix : FixKinds()) keys.back().words.push_back(fix.word);
  for (const RuleKind& rule : RuleKinds())
    keys.push_back({rule.key, rule.takes_list ? Kind::kTexts : Kind::kText, nullptr, false, rule.help});
  keys.push_back({"else",
                  Kind::kText,
                  nullptr,
                  false,
                  "quarantine: quarantine the record; count: keep it and count it.",
                  {"quarantine", "count"}});
  keys.push_back(
      {"fail_above", Kind::kText, nullptr, false,
       "The share of broken rows, e.g. 20%, above which the gate holds the rows of the run back: neither silver "
       "nor quarantine gets them, and the exit code is 3."});
  keys.push_back({"on_fail",
                  Kind::kText,
                  nullptr,
                  false,
                  "fail: one broken row is enough for the gate to hold the rows of the run back.",
                  {"fail"}});
  return keys;
}
const std::vector<Key> kRule = RuleKeys();
const std::vector<Key> kUnique{
    {"key", Kind::kTexts, nullptr, true, "The fields of the key."},
    {"keep",
     Kind::kText,
     nullptr,
     false,
     "first: the record that is already in silver survives, else the record with the lowest position.",
     {"first"}},
};
const std::vector<Key> kSilver{
    {"table", Kind::kText, nullptr, true, "namespace.table"},
    {"quarantine", Kind::kText, nullptr, false,
     "The table of quarantined records. Default: <silver namespace>.<pipeline>_quarantine."},
    {"partition", Kind::kTexts, nullptr, false, "As in bronze."},
    {"sort", Kind::kTexts, nullptr, false,
     "The sort order of compaction: one or several columns, each with asc or desc, nulls first or nulls last."},
    {"keep", Kind::kText, nullptr, false, "How long rows are kept, e.g. 365d."},
    {"properties", Kind::kMap, nullptr, false, "Iceberg table properties."},
    {"rules", Kind::kList, &kRule, false, "Quality rules and fixes."},
    {"unique", Kind::kObject, &kUnique, false, "The key by which records are deduplicated."},
    {"gate_rows", Kind::kText, nullptr, false,
     "With --follow: fewer rows that exceed a limit wait up to a minute for more before they are held back. Default: "
     "10000."},
    {"follow_deletes", Kind::kBoolean, nullptr, false,
     "Apply deletes and updates of bronze rows by other engines. Default: false, silver keeps its rows."},
};
const std::vector<Key> kGold{
    {"table", Kind::kText, nullptr, true, "namespace.table"},
    {"partition", Kind::kTexts, nullptr, false, "A group column, or a transform of one."},
    {"sort", Kind::kTexts, nullptr, false,
     "The sort order of compaction: one or several columns, each with asc or desc, nulls first or nulls last."},
    {"keep", Kind::kText, nullptr, false, "How long rows are kept."},
    {"properties", Kind::kMap, nullptr, false, "Iceberg table properties."},
    {"group", Kind::kMap, nullptr, true, "Group columns, each as name: expression."},
    {"measures", Kind::kMap, nullptr, true, "Aggregates, each as name: expression."},
};
const std::vector<Key> kPipeline{
    {"pipeline", Kind::kText, nullptr, true, "The name of the pipeline."},
    {"source", Kind::kObject, &kSource, true, "Where records come from."},
    {"fields", Kind::kMap, &kField, true, "The columns, in order."},
    {"bronze", Kind::kObject, &kBronze, true, "The table of ingested records."},
    {"silver", Kind::kObject, &kSilver, true, "The table of clean records."},
    {"gold", Kind::kList, &kGold, false, "Tables of aggregates over silver."},
};

nlohmann::ordered_json KeySchema(const Key& key);

nlohmann::ordered_json SectionSchema(const std::vector<Key>& section) {
  nlohmann::ordered_json properties = nlohmann::ordered_json::object(), required = nlohmann::ordered_json::array();
  for (const Key& key : section) {
    properties[std::string(key.name)] = KeySchema(key);
    if (key.required) required.push_back(key.name);
  }
  nlohmann::ordered_json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

/// The schema of a value that the program reads as text: a number and a boolean are text, too. A variable may stand for
/// one of the words.
nlohmann::ordered_json TextSchema(const std::vector<std::string_view>& words) {
  using Json = nlohmann::ordered_json;
  if (words.empty()) return {{"type", {"string", "number", "boolean"}}};
  return {{"anyOf", Json::array({Json{{"enum", words}}, Json{{"type", "string"}, {"pattern", "\\$\\{"}}})}};
}

nlohmann::ordered_json KeySchema(const Key& key) {
  using Json = nlohmann::ordered_json;
  const Json text = TextSchema({}), list{{"type", "array"}, {"items", text}};
  Json schema;
  switch (key.kind) {
    case Kind::kText:
      schema = TextSchema(key.words);
      break;
    case Kind::kBoolean:
      schema["anyOf"] = Json::array({Json{{"type", "boolean"}}, TextSchema({"true", "false"})});
      break;
    case Kind::kTexts:
    case Kind::kFlagOrTexts:
      schema["anyOf"] = Json::array({text, list});
      break;
    case Kind::kRange:
      schema = list;
      schema.update({{"minItems", 2}, {"maxItems", 2}});
      break;
    case Kind::kObject:
      schema = SectionSchema(*key.section);
      break;
    case Kind::kList:
      schema = {{"type", "array"}, {"items", SectionSchema(*key.section)}};
      break;
    case Kind::kMap:
      schema = {{"type", "object"},
                {"additionalProperties", key.section == nullptr ? text : SectionSchema(*key.section)}};
      break;
  }
  schema["description"] = key.help;
  return schema;
}

}  // namespace

const std::vector<Key>& PipelineKeys() {
  return kPipeline;
}

std::vector<std::string> KeyNames(const std::vector<Key>& section) {
  std::vector<std::string> names;
  for (const Key& key : section) names.emplace_back(key.name);
  return names;
}

std::string PipelineJsonSchema() {
  nlohmann::ordered_json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                {"title", "Ingot pipeline file"}};
  schema.update(SectionSchema(kPipeline));
  return schema.dump(2);
}

}  // namespace ingot::pipeline
