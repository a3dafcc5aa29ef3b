#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/definition_text.h"
#include "pipeline/layer_difference.h"

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;
using enum ChangeClass;

void AddedGroup(Layer& layer, const Part& part) {
  layer.Add(part, Reach::kRows,
            {.what = "added as " + ExpressionText(part.want.at("expression")),
             .meaning = "existing rows are of groups without it",
             .kind = DifferenceKind::kAdded});
}

void RemovedGroup(Layer& layer, const Part& part) {
  layer.Add(
      part, Reach::kRows,
      {.what = "removed", .meaning = "existing rows are of groups that it divides", .kind = DifferenceKind::kRemoved});
}

void AddedMeasure(Layer& layer, const Part& part) {
  layer.Add(part, Reach::kColumn,
            {.what = "added as " + ExpressionText(part.want.at("expression")),
             .meaning = "existing rows do not have it",
             .kind = DifferenceKind::kAdded});
}

void CompareColumn(Layer& layer, const Part& part, const Json& have, const Json& want) {
  CompareExpression(layer, part, have, want, Reach::kRows, "existing rows keep the old value");
}

/// Another expression may give another type, and says enough.
void CompareTypeOfColumn(Layer& layer, const Part& part, const Json& have, const Json& want) {
  if (IsSameText(part.have.at("expression"), part.want.at("expression"))) CompareType(layer, part, have, want);
}

constexpr Member kColumnMembers[] = {{"type", CompareTypeOfColumn}, {"expression", CompareColumn}};
constexpr Section kGroup{DifferingPart::kGroup, AddedGroup, RemovedGroup, kColumnMembers};
constexpr Section kMeasures{DifferingPart::kMeasure, AddedMeasure, RemovedColumn, kColumnMembers};
constexpr Member kGold[] = {
    {"silver", Ignore}, {"group", CompareSectionOf<kGroup>}, {"measures", CompareSectionOf<kMeasures>}};

}  // namespace

std::vector<LayerDifference> GoldDifferences(const Json& have, const Json& want) {
  return CompareLayer(have, want, kGold);
}

}  // namespace ingot::pipeline
