#include "pipeline/removed_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ingot::pipeline {
namespace {

using Json = nlohmann::json;  // keys are sorted

Json ObjectIn(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

Json Member(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

/// Whether the field takes one of these top-level members as a whole.
bool Takes(const Json& field, const std::vector<std::string>& members) {
  const Json paths = Member(field, "from");
  return std::ranges::any_of(paths, [&](const Json& path) {
    return path.is_array() && path.size() == 1 && path[0].is_string() &&
           std::ranges::find(members, path[0].get<std::string>()) != members.end();
  });
}

}  // namespace

std::string RemovedFields(const std::string& removed, const std::string& have, const std::string& want,
                          const std::map<std::string, std::string>& renames) {
  const Json before = Member(ObjectIn(have), "fields"), after = Member(ObjectIn(want), "fields");
  if (!before.is_object() || !after.is_object()) return removed;
  Json left = ObjectIn(removed);
  for (const auto& [name, field] : before.items()) {
    const auto renamed = renames.find(name);
    const bool is_renamed = renamed != renames.end() && after.contains(renamed->second);
    if (!after.contains(name) && !is_renamed) left[name] = field;
  }
  for (const auto& [name, field] : after.items()) left.erase(name);
  return left.empty() ? "" : left.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string RemovedFieldDiffers(const std::string& removed, const std::string& want, const std::string& added,
                                const std::vector<std::string>& members, const std::vector<std::string>& columns) {
  const Json fields = Member(ObjectIn(want), "fields"), gone = ObjectIn(removed);
  for (const auto& [name, field] : gone.items()) {
    if (std::ranges::find(columns, name) == columns.end()) continue;  // dropped
    if (name != added) {
      if (Takes(field, members))
        return fmt::format("existing rows have it in the column of the removed field {}", name);
    } else if (field != Member(fields, name)) {
      return "existing rows have values of the removed field of that name";
    }
  }
  return {};
}

}  // namespace ingot::pipeline
