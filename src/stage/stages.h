// The stages of a pipeline and their names in flags, reports, metrics, the ledger and snapshot summaries.
#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_count.h"
#include "base/result.h"

namespace ingot::stage {

enum class Stage { kBronze, kSilver, kGold };

/// In the order of the data flow.
inline constexpr Stage kStages[] = {Stage::kBronze, Stage::kSilver, Stage::kGold};
static_assert(std::size(kStages) == kEnumCount<Stage>, "a stage is missing");

std::string_view StageName(Stage stage);
std::vector<std::string> StageNames();
/// Errors: kBadConfig with the valid names.
Result<Stage> ParseStage(std::string_view name);

}  // namespace ingot::stage
