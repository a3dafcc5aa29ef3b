#include "pipeline/layer_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/definition_text.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;
using enum ChangeClass;

std::string_view NounOf(DifferingPart part) {
  switch (part) {
    case DifferingPart::kLayer:
      return "";
    case DifferingPart::kField:
      return "field";
    case DifferingPart::kRule:
      return "rule";
    case DifferingPart::kGroup:
      return "group";
    case DifferingPart::kMeasure:
      return "measure";
  }
  return "";
}

/// A wider type keeps all values. Any other change of type needs other values.
ChangeClass ClassOfType(const Json& have, const Json& want) {
  const auto from = iceberg::ParsePrimitiveType(have.get<std::string>());
  const auto to = iceberg::ParsePrimitiveType(want.get<std::string>());
  return from && to && iceberg::CanPromote(*from, *to) ? kMetadata : kChoice;
}

Json Without(Json expression, std::string_view member) {
  expression.erase(std::string(member));
  if (const auto arguments = expression.find("arguments"); arguments != expression.end())
    for (Json& argument : *arguments) argument = Without(std::move(argument), member);
  return expression;
}

/// Input: expressions that differ only in types. The class of the strongest change.
ChangeClass ClassOfTypes(const Json& have, const Json& want) {
  ChangeClass change = kMetadata;
  if (ValueOf(have, "type") != ValueOf(want, "type")) change = ClassOfType(have.at("type"), want.at("type"));
  const Json before = have.value("arguments", Json::array()), after = want.value("arguments", Json::array());
  for (size_t i = 0; i < before.size(); ++i) change = std::max(change, ClassOfTypes(before.at(i), after.at(i)));
  return change;
}

/// Input: expressions that differ only in types and versions. Texts such as "quantile: version 1 -> 2".
void CollectVersions(const Json& have, const Json& want, std::vector<std::string>& texts) {
  const Json before = ValueOf(have, "version"), after = ValueOf(want, "version");
  if (before != after)
    texts.push_back(fmt::format("{}: version {} -> {}", Shown(ValueOf(want, "text")), Shown(before), Shown(after)));
  const Json first = have.value("arguments", Json::array()), second = want.value("arguments", Json::array());
  for (size_t i = 0; i < first.size(); ++i) CollectVersions(first.at(i), second.at(i), texts);
}

}  // namespace

Json ValueOf(const Json& object, std::string_view key) {
  return object.value(key, Json());
}

std::set<std::string> NamesIn(const Json& have, const Json& want) {
  std::set<std::string> keys;
  for (const Json* object : {&have, &want})
    for (const auto& [key, value] : object->get_ref<const Json::object_t&>()) keys.insert(key);
  return keys;
}

void Layer::Add(const Part& part, Reach reach, Difference difference) {
  if (const std::string_view noun = NounOf(part.part); !noun.empty())
    difference.what = fmt::format("{} {}: {}", noun, part.name, difference.what);
  difference.part = part.part;
  difference.name = part.name;
  found.push_back({std::move(difference), reach});
}

void CompareMembers(Layer& layer, const Part& part, std::span<const Member> members) {
  std::set<std::string> others = NamesIn(part.have, part.want);
  std::vector<decltype(Member::compare)> called;
  for (const auto& [key, compare] : members) {
    others.erase(std::string(key));
    const Json have = ValueOf(part.have, key), want = ValueOf(part.want, key);
    if (have == want || std::ranges::find(called, compare) != called.end()) continue;
    called.push_back(compare);
    compare(layer, part, have, want);
  }
  for (const std::string& key : others)
    if (ValueOf(part.have, key) != ValueOf(part.want, key))
      layer.Add(part, Reach::kRows,
                {.what = fmt::format("'{}' is unknown to this version of the program", key),
                 .meaning = "a later version computed the existing rows",
                 .hint = "use the later version"});
}

void CompareSection(Layer& layer, const Section& section, const Json& have, const Json& want) {
  for (const std::string& name : NamesIn(have, want)) {
    const Part part{.part = section.part, .name = name, .have = ValueOf(have, name), .want = ValueOf(want, name)};
    if (part.have == part.want) continue;
    if (part.have.is_null())
      section.added(layer, part);
    else if (part.want.is_null())
      section.removed(layer, part);
    else
      CompareMembers(layer, part, section.members);
  }
}

std::vector<LayerDifference> CompareLayer(const Json& have, const Json& want, std::span<const Member> members) {
  for (const Member& member : members)
    if (member.key != "csv" && member.key != "payload")
      (void)have.at(member.key);  // a definition without it is damaged
  Layer layer{.have = have, .want = want};
  CompareMembers(layer, {.name = "", .have = have, .want = want}, members);
  return std::move(layer.found);
}

void Ignore(Layer&, const Part&, const Json&, const Json&) {}

std::string Shown(const Json& value) {
  if (value.is_null()) return "none";
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ChangeText(std::string_view what, const std::string& have, const std::string& want) {
  return fmt::format("{}{}{} -> {}", what, what.empty() ? "" : " ", have, want);
}

void CompareType(Layer& layer, const Part& part, const Json& have, const Json& want) {
  const ChangeClass change = ClassOfType(have, want);
  layer.Add(part, change == kMetadata ? Reach::kColumn : Reach::kRows,
            {.change = change,
             .what = ChangeText("type", Shown(have), Shown(want)),
             .meaning = change == kMetadata ? "existing rows keep their values" : "existing rows have the old type",
             .kind = DifferenceKind::kType});
}

bool IsSameText(const Json& have, const Json& want) {
  return Without(Without(have, "type"), "version") == Without(Without(want, "type"), "version");
}

void CompareExpression(Layer& layer, const Part& part, const Json& have, const Json& want, Reach reach,
                       std::string_view meaning) {
  if (!IsSameText(have, want)) {
    layer.Add(part, reach,
              {.what = ChangeText("", ExpressionText(have), ExpressionText(want)), .meaning = std::string(meaning)});
    return;
  }
  std::vector<std::string> versions;
  CollectVersions(have, want, versions);
  for (const std::string& version : versions)
    layer.Add(
        part, reach,
        {.what = "function " + version, .meaning = "existing rows were computed by another version of the program"});
  if (!versions.empty() || Without(have, "version") == Without(want, "version")) return;
  const ChangeClass change = ClassOfTypes(have, want);
  layer.Add(part, reach,
            {.change = change,
             .what = "types in " + ExpressionText(want),
             .meaning = change == kMetadata ? "existing rows keep their values" : "existing rows have the old types"});
}

/// The removed part that has probably become this added one: it has the same path, or it is the only one of its type.
std::string RenameHint(const Json& have, const Json& want, const Part& added) {
  const auto of_type = [&](const Json& from, const Json& other) {
    std::vector<std::string> names;
    for (const auto& [name, part] : from.items())
      if (!other.contains(name) && part.at("type") == added.want.at("type")) names.push_back(name);
    return names;
  };
  std::string found;
  const auto removed = of_type(have, want);
  if (removed.size() == 1 && of_type(want, have).size() == 1) found = removed[0];
  for (const std::string& name : removed)
    if (const Json from = ValueOf(have.at(name), "from"); !from.is_null() && from == ValueOf(added.want, "from"))
      found = name;
  return found.empty() ? "" : "looks like a rename: write renamed_from: " + found;
}

void RemovedColumn(Layer& layer, const Part& part) {
  layer.Add(part, Reach::kColumn,
            {.change = kForward,
             .what = "removed",
             .meaning = "the column stays as it is, and is null in new rows",
             .hint = "drop it: ingot apply --drop-columns",
             .kind = DifferenceKind::kRemoved});
}

}  // namespace ingot::pipeline
