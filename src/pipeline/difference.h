#pragma once
#include <map>
#include <string>
#include <vector>
#include "pipeline/tables.h"
namespace ingot::pipeline {
enum class ChangeClass { kMetadata, kForward, kChoice };
struct Difference {
  ChangeClass change = ChangeClass::kChoice;
  std::string what, meaning, hint;
  std::vector<std::string> members;
  std::string inherited;
};
Result<std::vector<Difference>> Differences(TableKind kind, const std::string& have, const std::string& want,
                                            const std::map<std::string, std::string>& renames);
std::map<std::string, std::string> Renames(const Pipeline& pipeline);
}  // namespace ingot::pipeline
