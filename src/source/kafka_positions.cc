#include "source/kafka_positions.h"

#include <fmt/format.h>
#include <rdkafka.h>

#include "base/log.h"
#include "base/retry.h"

namespace ingot::source {
namespace {

constexpr int kAnswerMs = 10'000;

constexpr const char* kChoice =
    "; choose how to resume: run with --on-reset earliest (from the oldest available record) or "
    "--on-reset latest (from the newest)";

}  // namespace

void KafkaPositions::Begin(const std::map<std::string, KafkaTopic>& topics) {
  topics_ = topics;
  replaced_.clear();
  resets_.clear();
}

Status KafkaPositions::FindReplaced(const Checkpoint& checkpoint) {
  for (const auto& [name, topic] : topics_) {
    const auto recorded = checkpoint.topics.find(name);
    if (recorded == checkpoint.topics.end() || recorded->second == topic.identity) continue;
    const TopicIdentity &was = recorded->second, &is = topic.identity;
    const bool cluster = was.cluster_id != is.cluster_id;
    const std::string what = cluster ? fmt::format("topic {}: the table holds offsets of cluster {}, this is {}", name,
                                                   was.cluster_id, is.cluster_id)
                                     : fmt::format("topic {} was deleted and recreated: its id was {} and is {}", name,
                                                   was.topic_id, is.topic_id);
    if (on_reset_ == OnReset::kFail) return Fail(ErrorKind::kBadInput, what + kChoice);
    LogWarning(what + "; resuming as --on-reset specifies");
    replaced_[name] = cluster ? "another cluster" : "topic recreated";
  }
  return {};
}

Result<Positions> KafkaPositions::ResumePositions(const Checkpoint& checkpoint) {
  INGOT_TRY(FindReplaced(checkpoint));
  Positions known;
  for (const auto& [id, offset] : checkpoint.positions) {
    const auto topic = topics_.find(id.topic);
    if (topic == topics_.end()) continue;
    if (!replaced_.contains(id.topic)) {
      known[id] = offset;
      continue;
    }
    int64_t start = 0;
    if (id.partition < topic->second.partitions) {
      INGOT_ASSIGN(start, ResetStart(id));
      known[id] = start;
    }
    resets_.push_back({.id = id, .from = offset, .to = start, .reason = replaced_[id.topic]});
  }
  return known;
}

Result<int64_t> KafkaPositions::StartOf(const PartitionId& id, const Positions& known, int64_t& high) {
  INGOT_ASSIGN(const Watermarks marks, WatermarksOf(id));
  high = marks.high;
  const auto position = known.find(id);
  if (position == known.end()) return marks.low;
  const int64_t at = position->second;
  if (at >= marks.low && at <= marks.high) return at;
  const bool expired = at < marks.low;
  const std::string what =
      expired ? fmt::format("topic {} partition {}: records {} to {} were deleted before they were read (retention)",
                            id.topic, id.partition, at, marks.low - 1)
              : fmt::format(
                    "topic {} partition {}: the table is at offset {}, the topic ends at {}: the records in "
                    "between no longer exist",
                    id.topic, id.partition, at, marks.high);
  if (on_reset_ == OnReset::kFail) return Fail(ErrorKind::kBadInput, what + kChoice);
  LogWarning(what + "; resuming as --on-reset specifies");
  const int64_t start = on_reset_ == OnReset::kLatest ? marks.high : marks.low;
  resets_.push_back({.id = id, .from = at, .to = start, .reason = expired ? "records expired" : "records lost"});
  return start;
}

Result<KafkaPositions::Watermarks> KafkaPositions::WatermarksOf(const PartitionId& id) {
  Backoff backoff({.attempts_max = 6, .wait_first = std::chrono::milliseconds(200)});
  while (true) {
    Watermarks marks;
    const auto code =
        rd_kafka_query_watermark_offsets(client_, id.topic.c_str(), id.partition, &marks.low, &marks.high, kAnswerMs);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
    if (!backoff.Wait()) return std::unexpected(KafkaError(code, "query the offsets of a partition"));
  }
}

Result<int64_t> KafkaPositions::ResetStart(const PartitionId& id) {
  INGOT_ASSIGN(const Watermarks marks, WatermarksOf(id));
  return on_reset_ == OnReset::kLatest ? marks.high : marks.low;
}

}  // namespace ingot::source
