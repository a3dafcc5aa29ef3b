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

constexpr std::chrono::seconds kSearchInterval{10};  // how often new topics are searched for

}  // namespace

bool HoldsTopic(const OpenedPipeline& open) {
  return std::ranges::any_of(TablesOf(*open.pipeline), HoldsTopicName);
}

Result<std::vector<OpenedPipeline>> FanOut(const OpenedPipeline& open) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kBadConfig, open.pipeline->file + ": table names contain {topic}, but " + why);
  };
  if (!std::ranges::all_of(TablesOf(*open.pipeline), [](const pipeline::PipelineTable& table) {
        return table.kind == pipeline::TableKind::kOps || HoldsTopicName(table);
      }))
    return refuse("not all of them do");
  if (!source::IsKafkaUri(open.source)) return refuse("the source " + open.source + " is not a topic");
  INGOT_ASSIGN(const auto topics, source::TopicsAt(open.source, open.pipeline->source.kafka));
  std::vector<OpenedPipeline> pipelines;
  std::set<std::string> words;
  for (const auto& [topic, uri] : topics) {
    if (!words.insert(LowerCase(TableWord(topic))).second) return refuse("two topics would share " + TableWord(topic));
    OpenedPipeline of_topic{.pipeline = std::make_unique<pipeline::Pipeline>(*open.pipeline),
                            .environment = open.environment,
                            .source = uri};
    of_topic.pipeline->name += "-" + topic;  // each topic has its own consumer group
    RenameTables(*of_topic.pipeline, [&](std::string& name) { Replace(name, TableWord(topic)); });
    of_topic.environment.pipeline = of_topic.pipeline.get();
    pipelines.push_back(std::move(of_topic));
  }
  return pipelines;
}

Status FollowTopics(const OpenedPipeline& open, std::atomic<bool>& stop,
                    const std::function<Status(const OpenedPipeline&)>& follow) {
  std::set<std::string> followed;
  std::vector<std::future<Status>> running;
  Status outcome;
  while (!stop) {
    auto pipelines = FanOut(open);
    if (!pipelines && running.empty()) return std::unexpected(std::move(pipelines).error());
    if (!pipelines) {
      LogWarning("looking for new topics: " + pipelines.error().message);
      pipelines = std::vector<OpenedPipeline>();
    }
    for (OpenedPipeline& of_topic : *pipelines) {
      if (!followed.insert(of_topic.source).second) continue;
      running.push_back(std::async(std::launch::async, [&stop, &follow, of_topic = std::move(of_topic)] {
        Status ended = follow(of_topic);
        stop = true;
        return ended;
      }));
    }
    const auto next = std::chrono::steady_clock::now() + kSearchInterval;
    while (!stop && std::chrono::steady_clock::now() < next) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (auto& one : running)
    if (Status ended = one.get(); outcome) outcome = std::move(ended);
  return outcome;
}

}  // namespace ingot::run
