#include "pipeline/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/layer_difference.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;

/// Deeper definitions are damaged: the parser of expressions accepts far less.
constexpr int kDepthMax = 1000;

Result<Json> Parse(const std::string& text) {
  bool too_deep = false;
  const auto limit = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  Json json = Json::parse(text, limit, /*allow_exceptions=*/false);
  if (json.is_discarded() || too_deep || !json.is_object())
    return Fail(ErrorKind::kCorrupt, "the definition is not a JSON object");
  return json;
}

/// The path from a table's definition to the definition of bronze and of silver. nullptr if it has none.
template <typename JsonType>
struct Layers {
  JsonType *bronze = nullptr, *silver = nullptr, *gold = nullptr;
};

template <typename JsonType>
Layers<JsonType> LayersOf(TableKind kind, JsonType& definition) {
  Layers<JsonType> layers;
  switch (kind) {
    case TableKind::kBronze:
      layers.bronze = &definition;
      return layers;
    case TableKind::kSilver:
    case TableKind::kQuarantine:
      layers.silver = &definition;
      break;
    case TableKind::kGold:
      layers.gold = &definition;
      layers.silver = &definition.at("silver");
      break;
    case TableKind::kOps:
      return layers;
  }
  layers.bronze = &layers.silver->at("bronze");
  return layers;
}

// Renames

bool IsColumn(const Json& node) {
  return node.is_object() && node.contains("kind") && node.at("kind") == "column";
}

void RenameColumns(Json& node, const std::string& from, const std::string& to) {
  if (IsColumn(node) && node.at("text") == from) node["text"] = to;
  if (node.is_structured())
    for (Json& inner : node) RenameColumns(inner, from, to);
}

void RenameKey(Json& object, const std::string& from, const std::string& to) {
  if (!object.contains(from)) return;
  Json value = object.at(from);
  object.erase(from);
  object[to] = std::move(value);
}

void RenameItems(Json& list, const std::string& from, const std::string& to, bool sorted) {
  for (Json& item : list)
    if (item == from) item = to;
  if (sorted) std::ranges::sort(list.get_ref<Json::array_t&>());
}

void Rename(const Layers<Json>& have, const std::string& from, const std::string& to) {
  RenameKey(have.bronze->at("fields"), from, to);
  if (have.bronze->contains("csv") && have.bronze->at("csv").contains("fields"))
    RenameItems(have.bronze->at("csv").at("fields"), from, to, false);
  if (have.silver == nullptr) return;
  for (const char* section : {"computed", "fixes"}) RenameKey(have.silver->at(section), from, to);
  RenameItems(have.silver->at("unique"), from, to, true);
  for (Json& rule : have.silver->at("rules")) {
    if (rule.contains("fields")) RenameItems(rule.at("fields"), from, to, true);
    RenameColumns(rule, from, to);
  }
  RenameColumns(have.silver->at("computed"), from, to);
  if (have.gold != nullptr)
    for (const char* section : {"group", "measures"}) RenameColumns(have.gold->at(section), from, to);
}

std::set<std::string> FieldsOf(const Layers<Json>& layers, bool computed) {
  std::set<std::string> names;
  if (!computed || layers.silver != nullptr)
    for (const auto& [name, field] : (computed ? layers.silver->at("computed") : layers.bronze->at("fields")).items())
      names.insert(name);
  return names;
}

struct Found {
  std::vector<LayerDifference> bronze, silver, gold;
};

/// Gives the definition that the table has the new names.
Found ApplyRenames(const Layers<Json>& have, const Layers<Json>& want,
                   const std::map<std::string, std::string>& renames) {
  Found found;
  for (const auto& [from, to] : renames)
    for (const bool computed : {false, true}) {
      const auto before = FieldsOf(have, computed), after = FieldsOf(want, computed);
      if (!before.contains(from) || before.contains(to) || after.contains(from) || !after.contains(to)) continue;
      Rename(have, from, to);
      (computed ? found.silver : found.bronze)
          .push_back({{.change = ChangeClass::kMetadata,
                       .what = fmt::format("field {}: renamed from {}", to, from),
                       .meaning = "existing rows keep their values",
                       .part = DifferingPart::kField,
                       .name = to},
                      Reach::kColumn});
    }
  return found;
}

// Inheritance

void CollectColumns(const Json& node, std::set<std::string>& columns) {
  if (IsColumn(node)) columns.insert(node.at("text").get<std::string>());
  if (node.is_structured())
    for (const Json& inner : node) CollectColumns(inner, columns);
}

/// The fields that decide about rows of gold: those of its expressions, of silver's rules and key, and those from which
/// they are computed.
void CollectUsed(const Layers<Json>& layers, std::set<std::string>& used) {
  for (const Json* part : {&layers.gold->at("group"), &layers.gold->at("measures"), &layers.silver->at("rules")})
    CollectColumns(*part, used);
  for (const Json& field : layers.silver->at("unique")) used.insert(field.get<std::string>());
  for (const Json& rule : layers.silver->at("rules"))
    for (const Json& field : rule.value("fields", Json::array())) used.insert(field.get<std::string>());
  for (size_t before = 0; before != used.size();) {
    before = used.size();
    for (const auto& [name, field] : layers.silver->at("computed").items())
      if (used.contains(name)) CollectColumns(field, used);
  }
}

void Inherit(std::vector<LayerDifference>& found, std::string_view layer, const std::set<std::string>* used,
             std::vector<Difference>& into) {
  for (auto& [difference, reach] : found) {
    if (reach == Reach::kTable || (reach == Reach::kColumn && used != nullptr && !used->contains(difference.name)))
      continue;
    difference.inherited = layer;
    into.push_back(std::move(difference));
  }
}

void Append(std::vector<LayerDifference>& to, std::vector<LayerDifference> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::vector<Difference> Compare(const Layers<Json>& have, const Layers<Json>& want,
                                const std::map<std::string, std::string>& renames) {
  Found found = ApplyRenames(have, want, renames);
  Append(found.bronze, BronzeDifferences(*have.bronze, *want.bronze));
  if (have.silver != nullptr) Append(found.silver, SilverDifferences(*have.silver, *want.silver));
  if (have.gold != nullptr) Append(found.gold, GoldDifferences(*have.gold, *want.gold));

  std::vector<Difference> differences;
  std::set<std::string> used;
  if (have.gold != nullptr)
    for (const auto* layers : {&have, &want}) CollectUsed(*layers, used);
  if (have.silver != nullptr) Inherit(found.bronze, "bronze", have.gold != nullptr ? &used : nullptr, differences);
  if (have.gold != nullptr) Inherit(found.silver, "silver", &used, differences);
  auto& own = have.gold != nullptr ? found.gold : have.silver != nullptr ? found.silver : found.bronze;
  for (auto& [difference, reach] : own) differences.push_back(std::move(difference));
  return differences;
}

/// Both definitions differ, but not in what computes the rows of this table.
Difference Unconcerned(TableKind kind) {
  if (kind == TableKind::kBronze) return {.what = "definition changed", .meaning = "existing rows may differ"};
  const char* source = kind == TableKind::kGold ? "silver" : "bronze";
  return {.change = ChangeClass::kMetadata,
          .what = fmt::format("{} changed in what this table does not use", source),
          .meaning = "existing rows stay as they are",
          .inherited = source};
}

}  // namespace

Result<std::vector<Difference>> Differences(TableKind kind, const std::string& have, const std::string& want,
                                            const std::map<std::string, std::string>& renames) {
  if (kind == TableKind::kOps) return std::vector<Difference>{};
  INGOT_ASSIGN(Json before, Parse(have));
  INGOT_ASSIGN(Json after, Parse(want));
  if (before == after) return std::vector<Difference>{};
  try {
    auto differences = Compare(LayersOf(kind, before), LayersOf(kind, after), renames);
    if (differences.empty()) differences.push_back(Unconcerned(kind));
    return differences;
  } catch (const Json::exception& problem) {
    return Fail(ErrorKind::kCorrupt, fmt::format("the definition is damaged: {}", problem.what()));
  }
}

std::map<std::string, std::string> Renames(const Pipeline& pipeline) {
  std::map<std::string, std::string> renames;
  for (const FieldSpec& field : pipeline.fields)
    if (!field.renamed_from.empty()) renames.emplace(field.renamed_from, field.name);
  return renames;
}

}  // namespace ingot::pipeline
