#include "run/fan_out.h"

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/lower_case.h"
#include "pipeline/tables.h"
#include "source/kafka.h"

namespace ingot::run {
namespace {

constexpr std::string_view kPlaceholder = "{topic}";

void Replace(std::string& text, const std::string& with) {
  for (size_t at; (at = text.find(kPlaceholder)) != std::string::npos;) text.replace(at, kPlaceholder.size(), with);
}

std::string TableWord(std::string topic) {
  for (char& c : topic)
    if (!std::isalnum(uint8_t(c))) c = '_';
  return topic;
}

bool HoldsTopicName(const pipeline::PipelineTable& table) {
  return table.spec->table.find(kPlaceholder) != std::string::npos;
}

constexpr std::chrono::seconds kLookEvery{10};  // for topics that are new

}  // namespace

bool HoldsTopic(const OpenPlace& open) {
  return std::ranges::any_of(TablesOf(*open.pipeline), HoldsTopicName);
}

Result<std::vector<OpenPlace>> FanOut(const OpenPlace& open) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kBadConfig, open.pipeline->file + ": table names hold {topic}, but " + why);
  };
  if (!std::ranges::all_of(TablesOf(*open.pipeline), [](const pipeline::PipelineTable& table) {
        return table.kind == pipeline::TableKind::kOps || HoldsTopicName(table);
      }))
    return refuse("not all of them do");
  if (!open.source.starts_with("kafka://")) return refuse("the source " + open.source + " is no topic");
  INGOT_ASSIGN(const auto topics, source::TopicsAt(open.source, open.pipeline->source.kafka));
  std::vector<OpenPlace> places;
  std::set<std::string> words;
  for (const auto& [topic, uri] : topics) {
    if (!words.insert(LowerCase(TableWord(topic))).second) return refuse("two topics would share " + TableWord(topic));
    OpenPlace place{.pipeline = std::make_unique<pipeline::Pipeline>(*open.pipeline),
                    .environment = open.environment,
                    .source = uri};
    place.pipeline->name += "-" + topic;  // each topic has a consumer group of its own
    RenameTables(*place.pipeline, [&](std::string& name) { Replace(name, TableWord(topic)); });
    place.environment.pipeline = place.pipeline.get();
    places.push_back(std::move(place));
  }
  return places;
}

Status FollowTopics(const OpenPlace& open, std::atomic<bool>& stop,
                    const std::function<Status(const OpenPlace&)>& follow) {
  std::set<std::string> followed;
  std::vector<std::future<Status>> running;
  Status outcome;
  while (!stop) {
    auto places = FanOut(open);
    if (!places && running.empty()) return std::unexpected(std::move(places).error());
    if (!places) {
      LogWarning("looking for new topics: " + places.error().message);
      places = std::vector<OpenPlace>();
    }
    for (OpenPlace& place : *places) {
      if (!followed.insert(place.source).second) continue;
      running.push_back(std::async(std::launch::async, [&stop, &follow, place = std::move(place)] {
        Status ended = follow(place);
        stop = true;
        return ended;
      }));
    }
    const auto next = std::chrono::steady_clock::now() + kLookEvery;
    while (!stop && std::chrono::steady_clock::now() < next) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (auto& one : running)
    if (Status ended = one.get(); outcome) outcome = std::move(ended);
  return outcome;
}

}  // namespace ingot::run
