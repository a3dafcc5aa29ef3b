#include "sql/scan_conditions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/lower_case.h"

namespace ingot::sql {
namespace {

using Json = nlohmann::json;

/// DuckDB writes a text with line breaks as an array of lines.
std::string Joined(const Json& text) {
  if (text.is_string()) return text.get<std::string>();
  std::string joined;
  for (const Json& line : text) joined += (&line == &text.front() ? "" : "\n") + line.get<std::string>();
  return joined;
}

/// Adds the scans below `node`. Returns false when the plan may not show all of them.
bool Collect(const Json& node, const std::string& condition, std::vector<ScanCondition>& scans) {
  const std::string name = node.at("name").get<std::string>();
  if (name.starts_with("POSITIONAL")) return false;
  const Json& children = node.at("children");
  if (children.empty()) scans.push_back({LowerCase(name), condition});
  const Json none = Json::object(), &info = node.value("extra_info", none);
  const bool filters = name == "FILTER" && children.size() == 1 && info.contains("Expression");
  const std::string below = filters ? Joined(info.at("Expression")) : "";
  return std::ranges::all_of(children, [&](const Json& child) { return Collect(child, below, scans); });
}

}  // namespace

std::optional<std::vector<ScanCondition>> ScanConditions(const std::string& plan) try {
  std::vector<ScanCondition> scans;
  for (const Json& root : Json::parse(plan))
    if (!Collect(root, "", scans)) return std::nullopt;
  return scans;
} catch (const Json::exception&) {
  return std::nullopt;
}

}  // namespace ingot::sql
