#include "base/json.h"

#include <algorithm>

namespace ingot {

std::string UnknownMembers(const Json& json, std::initializer_list<std::string_view> known) {
  Json rest = Json::object();
  for (const auto& [key, value] : json.items())
    if (std::ranges::find(known, key) == known.end()) rest[key] = value;
  return rest.empty() ? "" : rest.dump();
}

std::map<std::string, std::string> StringMap(const Json& object, const char* key) {
  std::map<std::string, std::string> map;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return map;
  if (!found->is_object()) ThrowJsonProblem(fmt::format("'{}' must be an object", key));
  for (const auto& [name, value] : found->items()) map[name] = As<std::string>(value, name.c_str());
  return map;
}

}  // namespace ingot
