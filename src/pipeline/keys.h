// The words of the pipeline file: one list that the validator, its error messages and the JSON Schema all use.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::pipeline {

struct Key {
  enum class Kind { kText, kNumber, kBoolean, kTextList, kTextOrList, kFlagOrList, kRange, kObject, kList, kMap };
  std::string_view name;
  Kind kind;
  std::string_view section;  // of the object, the list's items or the map's values
  bool required;
  std::string_view help;
  std::vector<std::string_view> words = {};  // the only values
};

/// Sections: "pipeline" (the whole file), "source", "kafka", "csv", "field", "bronze", "silver", "rule", "unique",
/// "gold".
std::span<const Key> KeysOf(std::string_view section);
std::vector<std::string> KeyNames(std::string_view section);

}  // namespace ingot::pipeline
