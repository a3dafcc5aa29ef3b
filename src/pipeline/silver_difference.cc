#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/definition_text.h"
#include "pipeline/layer_difference.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;
using enum ChangeClass;

void AddedComputed(Layer& layer, const Part& part) {
  layer.Add(part, Reach::kColumn,
            {.what = "added as " + ExpressionText(part.want.at("compute")),
             .meaning = "existing rows do not have it",
             .hint = RenameHint(layer.have.at("computed"), layer.want.at("computed"), part),
             .kind = DifferenceKind::kAdded});
}

void CompareCompute(Layer& layer, const Part& part, const Json& have, const Json& want) {
  CompareExpression(layer, part, have, want, Reach::kColumn, "existing rows keep the old value");
}

/// A rule that only counts decides about no row.
Reach ReachOfRule(const Part& part) {
  const bool quarantines =
      std::ranges::any_of(std::initializer_list<const Json*>{&part.have, &part.want},
                          [](const Json* rule) { return !rule->is_null() && ValueOf(*rule, "else") != "count"; });
  return quarantines ? Reach::kRows : Reach::kTable;
}

void AddedRule(Layer& layer, const Part& part) {
  layer.Add(part, ReachOfRule(part),
            {.what = "added: " + CheckText(part.want),
             .meaning = "existing rows were not checked by it",
             .kind = DifferenceKind::kAdded});
}

void RemovedRule(Layer& layer, const Part& part) {
  layer.Add(part, ReachOfRule(part),
            {.what = "removed: " + CheckText(part.have),
             .meaning = "rows that it quarantined stay in quarantine",
             .kind = DifferenceKind::kRemoved});
}

void CompareCheck(Layer& layer, const Part& part, const Json&, const Json&) {
  constexpr std::string_view kMeaning = "existing rows were checked by the old rule";
  if (part.have.at("kind") == "check" && part.want.at("kind") == "check")
    return CompareExpression(layer, part, part.have.at("check"), part.want.at("check"), ReachOfRule(part), kMeaning);
  layer.Add(part, ReachOfRule(part),
            {.what = ChangeText("", CheckText(part.have), CheckText(part.want)), .meaning = std::string(kMeaning)});
}

void CompareElse(Layer& layer, const Part& part, const Json& have, const Json& want) {
  layer.Add(part, ReachOfRule(part),
            {.what = ChangeText("else", Shown(have), Shown(want)),
             .meaning = want == "count" ? "rows that it quarantined stay in quarantine"
                                        : "existing rows that break it stay in silver"});
}

constexpr Member kComputedMembers[] = {{"type", CompareType}, {"compute", CompareCompute}};
constexpr Section kComputed{DifferingPart::kField, AddedComputed, RemovedColumn, kComputedMembers};
constexpr Member kRuleMembers[] = {
    {"kind", CompareCheck}, {"check", CompareCheck}, {"fields", CompareCheck}, {"else", CompareElse}};
constexpr Section kRules{DifferingPart::kRule, AddedRule, RemovedRule, kRuleMembers};

/// "trim", and the version if only the version differs.
std::string FixesText(const Json& fixes, bool with_version) {
  std::string text;
  for (const Json& fix : fixes.is_null() ? Json::array() : fixes) {
    text += (text.empty() ? "" : ", ") + fix.at("fix").get<std::string>();
    if (with_version) text += " version " + Shown(fix.at("version"));
  }
  return text.empty() ? "none" : text;
}

void CompareFixes(Layer& layer, const Part&, const Json& have, const Json& want) {
  for (const std::string& field : NamesIn(have, want)) {
    const Json before = ValueOf(have, field), after = ValueOf(want, field);
    if (before == after) continue;
    const bool versions = FixesText(before, false) == FixesText(after, false);
    layer.Add({.part = DifferingPart::kField, .name = field, .have = before, .want = after}, Reach::kColumn,
              {.what = ChangeText("fix", FixesText(before, versions), FixesText(after, versions)),
               .meaning = "existing rows keep the old value"});
  }
}

void CompareUnique(Layer& layer, const Part& part, const Json& have, const Json& want) {
  layer.Add(part, Reach::kRows,
            {.what = ChangeText("unique key", ListText(have), ListText(want)),
             .meaning = "existing rows were deduplicated by the old key"});
}

constexpr Member kSilver[] = {{"bronze", Ignore},
                              {"computed", CompareSectionOf<kComputed>},
                              {"rules", CompareSectionOf<kRules>},
                              {"fixes", CompareFixes},
                              {"unique", CompareUnique}};

}  // namespace

std::vector<LayerDifference> SilverDifferences(const Json& have, const Json& want) {
  return CompareLayer(have, want, kSilver);
}

}  // namespace ingot::pipeline
