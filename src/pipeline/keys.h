// The keys and values of the pipeline file. The validator, its error messages and the JSON Schema use this one list.
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
  std::string_view section;  // of the object, of the items of the list, or of the values of the map
  bool required;
  std::string_view help;
  std::vector<std::string_view> words = {};  // the allowed values; empty: any
};

/// Sections: "pipeline" (the whole file), "source", "kafka", "csv", "field", "bronze", "silver", "rule", "unique",
/// "gold".
std::span<const Key> KeysOf(std::string_view section);
std::vector<std::string> KeyNames(std::string_view section);

}  // namespace ingot::pipeline
