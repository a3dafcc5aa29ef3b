// The keys and values of the pipeline file. The validator, its error messages and the JSON Schema use this one list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::pipeline {

struct Key {
  enum class Kind { kText, kBoolean, kTexts, kFlagOrTexts, kRange, kObject, kList, kMap };  // kTexts: one or a list
  std::string_view name;
  Kind kind;
  const std::vector<Key>* section;  // keys of the object, of each item of the list or of each value of the map, or null
  bool required;
  std::string_view help;
  std::vector<std::string_view> words = {};  // the allowed values; empty: any
};

/// The keys of the whole file.
const std::vector<Key>& PipelineKeys();
std::vector<std::string> KeyNames(const std::vector<Key>& section);

}  // namespace ingot::pipeline
