#include "pipeline/source_position.h"

#include <string_view>

namespace ingot::pipeline {

std::string CurrentColumnName(const std::string& name) {
  for (const auto& [before, now] : kRenamedColumns)
    if (name == before) return now;
  return name;
}

std::string CurrentPropertyName(const std::string& key) {
  constexpr std::string_view column = ".column.";
  const auto at = key.rfind(column);
  if (at == std::string::npos) return key;
  const auto name = at + column.size();
  return key.substr(0, name) + CurrentColumnName(key.substr(name));
}

}  // namespace ingot::pipeline
