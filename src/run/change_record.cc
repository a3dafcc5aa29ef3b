#include "run/change_record.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace ingot::run {
namespace {

using Json = nlohmann::json;

}  // namespace

std::string ToJson(const ChangeRecord& record) {
  return Json{{"action", record.action},
              {"differences", record.differences},
              {"definition_before", record.definition_before},
              {"started_at_us", record.started_at_micros}}
      .dump(-1, ' ', true, Json::error_handler_t::replace);
}

iceberg::Properties PublishedRecord(const std::vector<std::string>& reasons) {
  return {{kChangeKey, ToJson({.action = "published",
                               .differences = reasons,
                               .definition_before = "",
                               .started_at_micros = NowMicros()})}};
}

std::optional<ChangeRecord> ChangeRecordIn(const iceberg::Properties& summary) {
  const auto found = summary.find(kChangeKey);
  if (found == summary.end()) return std::nullopt;
  const Json json = Json::parse(found->second, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ChangeRecord record;
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); };
  for (const auto& [key, value] : json.items()) {
    if (key == "action") record.action = text(value);
    if (key == "definition_before") record.definition_before = text(value);
    if (key == "started_at_us" && value.is_number_integer()) record.started_at_micros = value.get<int64_t>();
    if (key == "differences" && value.is_array())
      for (const Json& line : value) record.differences.push_back(text(line));
  }
  return record;
}

}  // namespace ingot::run
