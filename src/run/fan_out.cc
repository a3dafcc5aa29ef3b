#include "run/fan_out.h"

#include <algorithm>
#include <set>

#include "source/kafka.h"

namespace ingot::run {
namespace {

constexpr std::string_view kPlaceholder = "{topic}";

std::vector<std::string*> TableNames(pipeline::Pipeline& pipeline) {
  std::vector<std::string*> names{&pipeline.bronze.table, &pipeline.silver.table, &pipeline.quarantine.table};
  for (pipeline::GoldSpec& gold : pipeline.gold) names.push_back(&gold.table.table);
  return names;
}

void Replace(std::string& text, const std::string& with) {
  for (size_t at; (at = text.find(kPlaceholder)) != std::string::npos;) text.replace(at, kPlaceholder.size(), with);
}

std::string TableWord(std::string topic) {
  for (char& c : topic)
    if (!std::isalnum(uint8_t(c))) c = '_';
  return topic;
}

}  // namespace

Result<std::vector<OpenPlace>> FanOut(OpenPlace open) {
  std::vector<OpenPlace> places;
  const auto names = TableNames(*open.pipeline);
  const auto held = [](const std::string* name) { return name->find(kPlaceholder) != std::string::npos; };
  if (std::ranges::none_of(names, held)) {
    places.push_back(std::move(open));
    return places;
  }
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kBadConfig, open.pipeline->file + ": table names hold {topic}, but " + why);
  };
  if (!std::ranges::all_of(names, held)) return refuse("not all of them do");
  if (!open.context.source.starts_with("kafka://")) return refuse("the source " + open.context.source + " is no topic");
  INGOT_ASSIGN(const auto topics, source::TopicsAt(open.context.source, open.pipeline->source.kafka));
  std::set<std::string> words;
  for (const auto& [topic, uri] : topics) {
    if (!words.insert(TableWord(topic)).second) return refuse("two topics would share " + TableWord(topic));
    OpenPlace place{.pipeline = std::make_unique<pipeline::Pipeline>(*open.pipeline), .context = open.context};
    place.pipeline->name += "-" + topic;  // each topic has a consumer group of its own
    for (std::string* name : TableNames(*place.pipeline)) Replace(*name, TableWord(topic));
    place.context.pipeline = place.pipeline.get();
    place.context.source = uri;
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace ingot::run
