#include "pipeline/keys.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "pipeline/pipeline.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;

/// The document as an editor sees it: YAML's core schema.
Json ToJson(const YAML::Node& node) {
  Json json;
  if (node.IsMap()) {
    json = Json::object();
    for (const auto& entry : node) json[entry.first.as<std::string>()] = ToJson(entry.second);
  } else if (node.IsSequence()) {
    json = Json::array();
    for (const auto& item : node) json.push_back(ToJson(item));
  } else if (node.IsScalar()) {
    const std::string text = node.Scalar();
    const bool plain = node.Tag() == "?" && text != "null" && Json::accept(text);
    json = plain ? Json::parse(text) : Json(text);
  }
  return json;
}

/// Whether a JSON Schema allows the value. It knows the keywords that PipelineJsonSchema uses, and fails for others.
bool Allows(const Json& schema, const Json& value) {
  const auto type_of = [](const Json& json) -> std::string { return json.is_number() ? "number" : json.type_name(); };
  const auto keyword = [&](const std::string& word, const Json& wanted) {
    if (word == "$schema" || word == "title" || word == "description") return true;
    if (word == "type")
      return std::ranges::count(wanted.is_array() ? wanted : Json::array({wanted}), Json(type_of(value))) > 0;
    if (word == "enum") return std::ranges::count(wanted, value) > 0;
    if (word == "pattern")
      return value.is_string() && std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()));
    if (word == "anyOf") return std::ranges::any_of(wanted, [&](const Json& one) { return Allows(one, value); });
    if (word == "minItems") return !value.is_array() || value.size() >= wanted;
    if (word == "maxItems") return !value.is_array() || value.size() <= wanted;
    if (word == "items")
      return !value.is_array() || std::ranges::all_of(value, [&](const Json& item) { return Allows(wanted, item); });
    if (word == "required")
      return !value.is_object() ||
             std::ranges::all_of(wanted, [&](const Json& key) { return value.contains(key.get<std::string>()); });
    if (word == "properties" || word == "additionalProperties") {
      if (!value.is_object()) return true;
      const Json known = schema.value("properties", Json::object());
      return std::ranges::all_of(value.items(), [&](const auto& member) {
        if (word == "properties") return !known.contains(member.key()) || Allows(known[member.key()], member.value());
        return known.contains(member.key()) || (wanted.is_object() && Allows(wanted, member.value()));
      });
    }
    ADD_FAILURE() << "unknown keyword of JSON Schema: " << word;
    return false;
  };
  return std::ranges::all_of(schema.items(), [&](const auto& member) { return keyword(member.key(), member.value()); });
}

/// Calls `visit` with the document and each variant of it: one value is replaced, removed or has an unknown key beside
/// it.
void ForEachVariant(const std::string& yaml, const std::function<void(const std::string&)>& visit) {
  visit(yaml);
  const YAML::Node replacements =
      YAML::Load("[word, 5, true, \"true\", {key: x}, [x], [x, 5], [{name: x}], [[x]], {}, [], ~, \"\"]");
  std::function<void(const std::function<YAML::Node(const YAML::Node&)>&)> walk = [&](const auto& find) {
    const YAML::Node shape = find(YAML::Load(yaml));
    const auto try_with = [&](const std::function<void(YAML::Node)>& change) {
      const YAML::Node root = YAML::Load(yaml);
      change(find(root));
      visit(YAML::Dump(root));
    };
    std::vector<YAML::Node> values(replacements.begin(), replacements.end());
    YAML::Node one_item;
    one_item.push_back(YAML::Clone(shape));
    values.push_back(one_item);
    if (shape.IsScalar()) values.emplace_back("${INGOT_TEST_NONE:-" + shape.Scalar() + "}");
    for (const YAML::Node& value : values) try_with([&](YAML::Node node) { node = YAML::Clone(value); });
    if (shape.IsMap()) {
      try_with([](YAML::Node node) { node["unknown"] = "x"; });
      for (const auto& entry : shape) {
        const auto key = entry.first.as<std::string>();
        try_with([&](YAML::Node node) { node.remove(key); });
        walk([&](const YAML::Node& root) -> YAML::Node { return find(root)[key]; });
      }
    }
    if (shape.IsSequence())
      for (size_t i = 0; i < shape.size(); ++i)
        walk([&](const YAML::Node& root) -> YAML::Node { return find(root)[i]; });
  };
  walk([](const YAML::Node& root) { return root; });
}

// Goal:   an editor that checks with the JSON Schema marks no file that the program accepts.
// Method: files with every key, with each value replaced by values of other forms: what the schema refuses the program
//         must refuse. The pipeline files of the repository.
TEST(Keys, JsonSchemaIsNotStricterThanTheProgram) {
  const std::string files[] = {R"(pipeline: every key
source:
  kafka: {brokers: "b:1", topic: t, properties: {security.protocol: SSL, retries: 5}, keep: [key, headers]}
  format: json
fields:
  t: {type: timestamptz, unit: s, range: [2000-01-01, now+1d]}
  n: {type: long, from: [$.n, $.m], coerce: true, default: 5}
  d: {type: double, unit: s, from_unit: ms, renamed_from: e}
  s: {type: string}
  c: {type: double, compute: "n / 2"}
bronze: {table: b.t, partition: [day(t), s], sort: s desc, keep: 9d, properties: {a: 1, b: true}, extra: json}
silver:
  table: s.t
  quarantine: s.q
  partition: day(t)
  sort: [s, n]
  keep: 9d
  properties: {a: x}
  rules:
    - {name: a, fix: trim, field: s}
    - {name: b, not_null: s, else: count, on_fail: fail}
    - {name: c, check: "n > 0", fail_above: 5%}
  unique: {key: n, keep: first}
gold:
  - {table: g.t, partition: d, sort: d, keep: 9d, properties: {a: x}, group: {d: date(t)}, measures: {n: count(*)}}
)",
                               R"(pipeline: csv
source: {files: x, format: csv, on_changed: skip, csv: {delimiter: ";", quote: "'", header: [a, b], multiline: false, encoding: latin-1}}
fields: {a: {type: boolean, renamed_from: b}}
bronze: {table: b.t}
silver: {table: s.t}
)"};
  const Json schema = Json::parse(PipelineJsonSchema());
  size_t accepted = 0, refused = 0;
  for (const std::string& file : files)
    ForEachVariant(file, [&](const std::string& text) {
      const auto parsed = ParsePipeline(text, "f");
      const bool allowed = Allows(schema, ToJson(YAML::Load(text)));
      (parsed ? accepted : refused) += 1;
      EXPECT_TRUE(!parsed || allowed) << "the schema refuses what the program accepts:\n" << text;
    });
  for (const auto& entry : std::filesystem::directory_iterator(std::string(INGOT_SOURCE_DIR) + "/pipelines"))
    EXPECT_TRUE(Allows(schema, ToJson(YAML::LoadFile(entry.path())))) << entry.path();
  EXPECT_GT(accepted, 100U);
  EXPECT_GT(refused, 500U);
}

// Goal:   both refuse a file of another structure.
// Method: an unknown key, a missing key, a list in place of a text, a word that is none of the allowed ones.
TEST(Keys, BothRefuseAnotherStructure) {
  const std::string file =
      "pipeline: p\nsource: {files: x, format: json}\nfields: {a: {type: int}}\nbronze: {table: b.t}\n"
      "silver: {table: s.t}\n";
  const Json schema = Json::parse(PipelineJsonSchema());
  const std::pair<const char*, const char*> changes[] = {
      {"files: x", "file: x"},         {"silver: {table: s.t}\n", ""}, {"pipeline: p", "pipeline: [p]"},
      {"format: json", "format: xml"}, {"{type: int}", "int"},         {"type: int", "type: int, coerce: maybe"}};
  for (const auto& [from, to] : changes) {
    std::string text = file;
    text.replace(text.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(ParsePipeline(text, "f")) << text;
    EXPECT_FALSE(Allows(schema, ToJson(YAML::Load(text)))) << text;
  }
}

// Goal:   the JSON Schema has every key of the validator, and the file in docs/ is the schema of this program.
TEST(Keys, JsonSchemaIsComplete) {
  const auto schema = nlohmann::json::parse(PipelineJsonSchema());
  for (const std::string& name : KeyNames(PipelineKeys())) EXPECT_TRUE(schema["properties"].contains(name)) << name;
  EXPECT_TRUE(schema["properties"]["fields"]["additionalProperties"]["properties"].contains("from_unit"));
  std::ifstream in(std::string(INGOT_SOURCE_DIR) + "/docs/pipeline.schema.json");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), PipelineJsonSchema() + "\n") << "run: ingot compile --json-schema > docs/pipeline.schema.json";
}

}  // namespace
}  // namespace ingot::pipeline
