#include "stage/stages.h"

#include <fmt/format.h>

namespace ingot::stage {

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kBronze:
      return "bronze";
    case Stage::kSilver:
      return "silver";
    case Stage::kGold:
      return "gold";
  }
  return "";
}

std::vector<std::string> StageNames() {
  std::vector<std::string> names;
  for (const Stage stage : kStages) names.emplace_back(StageName(stage));
  return names;
}

Result<Stage> ParseStage(std::string_view name) {
  for (const Stage stage : kStages)
    if (StageName(stage) == name) return stage;
  return Fail(ErrorKind::kBadConfig,
              fmt::format("unknown stage '{}': the stages are {}", name, fmt::join(StageNames(), ", ")));
}

}  // namespace ingot::stage
