#include "source/kafka.h"

#include <fmt/format.h>
#include <rdkafka.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/log.h"
#include "source/kafka_batch.h"
#include "source/kafka_client.h"
#include "source/kafka_positions.h"

namespace ingot::source {
namespace {

constexpr std::chrono::seconds kNoAnswerMax{60};   // a run with an end fails without an answer for this long
constexpr std::chrono::seconds kDescribedFor{10};  // how long the topic metadata is cached

using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;

PartitionList MakeList(size_t size) {
  return {rd_kafka_topic_partition_list_new(int(size)), &rd_kafka_topic_partition_list_destroy};
}

void Add(const PartitionList& list, const PartitionId& id, int64_t offset) {
  rd_kafka_topic_partition_list_add(list.get(), id.topic.c_str(), id.partition)->offset = offset;
}

Status Check(rd_kafka_resp_err_t code, const char* doing) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return std::unexpected(KafkaError(code, doing));
}

Status Check(rd_kafka_error_t* error, const char* doing) {
  if (error == nullptr) return {};
  const auto code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return Check(code, doing);
}

/// The progress of a partition.
struct PartitionState {
  int64_t begun = 0;      // where Seek set it
  int64_t delivered = 0;  // the next offset that Next returns
  int64_t fetched = 0;    // the next offset that is not in ready_
  int64_t target = 0;     // the end offset of a run with an end
  bool at_end = false;
};

class KafkaSource : public Source {
 public:
  KafkaSource(KafkaAddress address, SourceOptions options)
      : address_(std::move(address)), options_(std::move(options)), health_(address_.brokers) {}

  ~KafkaSource() override {
    ready_.clear();
    closing_ = true;
    AnswerRebalance();
    if (queue_ != nullptr) rd_kafka_queue_destroy(queue_);
    if (client_) rd_kafka_consumer_close(Client());
  }

  Status Open() {
    const std::map<std::string, std::string> settings{
        {"group.id", options_.group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"check.crcs", "true"},
        {"consume.record.batches", "true"},  // instead of messages (tools/patches)
        {"isolation.level", "read_committed"},
        {"enable.partition.eof", "true"},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"allow.auto.create.topics", "false"},
        {"session.timeout.ms", "10000"},
        {"heartbeat.interval.ms", "500"},     // its response reports a rebalance: partitions move with it, in steps
        {"max.poll.interval.ms", "1800000"},  // silver and gold run between two polls
        {"topic.metadata.refresh.interval.ms", "10000"},
        {"queued.max.messages.kbytes",
         std::to_string(std::clamp<int64_t>(options_.memory_bytes / 1024, 4096, 2097151))},
        {"fetch.wait.max.ms", "50"},
        {"fetch.queue.backoff.ms", "5"},
        {"fetch.message.max.bytes", "2097152"}};
    INGOT_ASSIGN(rd_kafka_conf_t * conf, KafkaConfiguration(address_, settings, options_.kafka));
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int code, const char* reason, void* self) {
      static_cast<KafkaSource*>(self)->health_.OnError(code, reason);
    });
    rd_kafka_conf_set_rebalance_cb(
        conf, [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* self) {
          static_cast<KafkaSource*>(self)->OnRebalance(code, *partitions);
        });
    INGOT_ASSIGN(rd_kafka_t * client, NewConsumer(conf));
    client_ = std::shared_ptr<void>(client, [](void* old) { rd_kafka_destroy(static_cast<rd_kafka_t*>(old)); });
    // The library reports connection events on the main queue until that queue is forwarded to the consumer's.
    INGOT_TRY(Describe([&] {
      rd_kafka_poll(client, 0);
      return health_.Check();
    }));
    positions_ = KafkaPositions(client, options_.on_reset);
    rd_kafka_poll_set_consumer(client);
    queue_ = rd_kafka_queue_get_consumer(client);
    return {};
  }

  Status Seek(const Checkpoint& checkpoint) override {
    const auto now = std::chrono::steady_clock::now();
    if (now - described_at_ > kDescribedFor || interrupted_) INGOT_TRY(Describe([&] { return health_.Check(); }));
    positions_.Begin(topics_);
    INGOT_ASSIGN(const Positions known, positions_.ResumePositions(checkpoint));
    INGOT_TRY(options_.follow ? SeekInGroup(known) : SeekAll(known));
    interrupted_ = false;
    answered_at_ = std::chrono::steady_clock::now();
    return {};
  }

  Result<std::optional<RawBatch>> Next(std::chrono::milliseconds wait) override {
    if (ready_.empty() && !AtEnd()) INGOT_TRY(Fetch(wait));
    if (ready_.empty()) {
      // A followed source keeps waiting for its brokers.
      const Status healthy = health_.Check();
      if (!healthy && (!options_.follow || healthy.error().kind != ErrorKind::kRetry))
        return std::unexpected(healthy.error());
      return std::nullopt;
    }
    RawBatch batch = std::move(ready_.front());
    ready_.pop_front();
    states_[batch.from].delivered = batch.end;
    return batch;
  }

  bool AtEnd() const override {
    return !options_.follow && ready_.empty() &&
           std::ranges::all_of(states_, [](const auto& state) { return state.second.at_end; });
  }
  bool Interrupted() const override { return interrupted_; }
  std::vector<OffsetReset> Resets() const override { return positions_.resets(); }
  std::map<std::string, TopicIdentity> Topics() const override {
    std::map<std::string, TopicIdentity> identities;
    for (const auto& [name, topic] : topics_) identities[name] = topic.identity;
    return identities;
  }

  void Committed(const Positions& positions) override {
    const auto list = MakeList(positions.size());
    for (const auto& [id, offset] : positions)
      if (states_.contains(id)) Add(list, id, offset);
    // Only a run that is about to end waits for the commit.
    if (list->cnt > 0) (void)rd_kafka_commit(Client(), list.get(), options_.follow ? 1 : 0);
  }

  int64_t RecordsBehind() const override {
    int64_t behind = 0;
    for (const auto& [id, state] : states_) {
      int64_t low = 0, high = 0;  // last known watermarks; before any, those of Seek
      if (rd_kafka_get_watermark_offsets(Client(), id.topic.c_str(), id.partition, &low, &high) !=
          RD_KAFKA_RESP_ERR_NO_ERROR)
        high = 0;
      behind += std::max<int64_t>(0, std::max(high, state.target) - state.delivered);
    }
    return behind;
  }

 private:
  rd_kafka_t* Client() const { return static_cast<rd_kafka_t*>(client_.get()); }

  Status Describe(const std::function<Status()>& health) {
    health_.OnRequest();
    INGOT_ASSIGN(const auto names, TopicsMatching(Client(), address_.topic));
    std::map<std::string, KafkaTopic> topics;
    for (const std::string& name : names) {
      auto topic = DescribeTopic(Client(), name, health);
      if (!topic && topic.error().kind == ErrorKind::kNotFound)
        return Fail(ErrorKind::kNotFound, "topic " + name + " does not exist at " + address_.brokers +
                                              " (make records with: ingot generate --to kafka://" + address_.brokers +
                                              "/" + name + ")");
      if (!topic && topic.error().kind == ErrorKind::kRetry) health_.OnNoAnswer(topic.error().message);
      if (!topic) return std::unexpected(std::move(topic).error());
      topics[name] = std::move(*topic);
    }
    health_.OnAnswer();
    topics_ = std::move(topics);
    described_at_ = std::chrono::steady_clock::now();
    return {};
  }

  /// Returns the start of a partition and adds it to `list`.
  Result<PartitionState> Begin(const PartitionId& id, const Positions& known, const PartitionList& list) {
    PartitionState state;
    INGOT_ASSIGN(state.begun, positions_.StartOf(id, known, state.target));
    state.delivered = state.fetched = state.begun;
    state.at_end = state.begun >= state.target;
    Add(list, id, state.begun);
    return state;
  }

  Status SeekAll(const Positions& known) {
    ready_.clear();
    states_.clear();
    const auto list = MakeList(16);
    for (const auto& [name, topic] : topics_)
      for (int32_t partition = 0; partition < topic.partitions; ++partition) {
        INGOT_ASSIGN(states_[(PartitionId{name, partition})], Begin({name, partition}, known, list));
      }
    return Check(rd_kafka_assign(Client(), list.get()), "assign partitions");
  }

  /// Whether the delivered offset equals the table's position. For a partition that the table does not know, it must be
  /// the start.
  static bool IsAtTablePosition(const PartitionId& id, const PartitionState& state, const Positions& known) {
    const auto position = known.find(id);
    return state.delivered == (position == known.end() ? state.begun : position->second);
  }

  /// Releases the partitions that the group revokes and those that must restart. Then takes the waiting partitions.
  /// After a failure they wait for the next call.
  Status SeekInGroup(const Positions& known) {
    if (!subscribed_) {
      const auto list = MakeList(1);
      Add(list, {address_.topic, RD_KAFKA_PARTITION_UA}, RD_KAFKA_OFFSET_INVALID);
      INGOT_TRY(Check(rd_kafka_subscribe(Client(), list.get()), "join the consumer group"));
      subscribed_ = true;
    }
    const auto leave = MakeList(16), take = MakeList(16);
    for (const PartitionId& id : revoked_) waiting_.erase(id);
    for (const auto& [id, state] : states_) {
      const bool revoked = revoked_.contains(id);
      if (!revoked && !stale_ && IsAtTablePosition(id, state, known)) continue;
      Add(leave, id, RD_KAFKA_OFFSET_INVALID);
      if (!revoked) waiting_.insert(id);
    }
    if (leave->cnt > 0 || revoking_)
      INGOT_TRY(Check(rd_kafka_incremental_unassign(Client(), leave.get()), "release partitions"));
    std::erase_if(states_,
                  [&](const auto& state) { return revoked_.contains(state.first) || waiting_.contains(state.first); });
    std::erase_if(ready_, [&](const RawBatch& batch) { return !states_.contains(batch.from); });
    revoked_.clear();
    revoking_ = stale_ = false;

    std::map<PartitionId, PartitionState> begun;
    for (const PartitionId& id : waiting_) {
      INGOT_ASSIGN(begun[id], Begin(id, known, take));
    }
    if (take->cnt > 0 || assigning_)
      INGOT_TRY(Check(rd_kafka_incremental_assign(Client(), take.get()), "take partitions"));
    states_.merge(begun);
    if (assigning_) LogInfo(fmt::format("consumer group {}: {} partitions", options_.group, states_.size()));
    waiting_.clear();
    assigning_ = false;
    return {};
  }

  /// Answers the last reported rebalance. The group waits for this answer even from a leaving member.
  void AnswerRebalance() {
    const auto answer = [](rd_kafka_error_t* error) {
      if (error != nullptr) rd_kafka_error_destroy(error);
    };
    const auto list = MakeList(revoked_.size());
    for (const PartitionId& id : revoked_) Add(list, id, RD_KAFKA_OFFSET_INVALID);
    if (revoking_) answer(rd_kafka_incremental_unassign(Client(), list.get()));
    if (assigning_) answer(rd_kafka_incremental_assign(Client(), MakeList(0).get()));
  }

  void OnRebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& partitions) {
    const bool assign = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    // While the consumer closes, Seek is not called again.
    if (closing_) {
      if (rd_kafka_error_t* error = rd_kafka_incremental_unassign(Client(), &partitions)) rd_kafka_error_destroy(error);
      return;
    }
    for (int i = 0; i < partitions.cnt; ++i)
      (assign ? waiting_ : revoked_).insert({partitions.elems[i].topic, partitions.elems[i].partition});
    (assign ? assigning_ : revoking_) = true;
    interrupted_ = true;
  }

  Status Fetch(std::chrono::milliseconds wait) {
    INGOT_ASSIGN(const auto fetched, TakeMessages(queue_, wait));
    const auto now = std::chrono::steady_clock::now();
    if (!fetched.empty()) {
      answered_at_ = now;
      health_.OnAnswer();
    }
    if (!options_.follow && now - answered_at_ > kNoAnswerMax)
      return Fail(ErrorKind::kRetry,
                  fmt::format("kafka: no response from {} for {} s", address_.brokers, kNoAnswerMax.count()));
    std::map<PartitionId, std::vector<rd_kafka_message_t*>> by_partition;
    Status outcome;
    const rd_kafka_topic_t* topic = nullptr;
    std::map<PartitionId, std::vector<rd_kafka_message_t*>>::iterator run;
    for (rd_kafka_message_t* message : fetched) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        topic = nullptr;  // an event may erase the entry of `run`
        if (Status problem = TakeEvent(*message, by_partition); !problem) outcome = std::move(problem);
        rd_kafka_message_destroy(message);
        continue;
      }
      if (message->rkt != topic || run->first.partition != message->partition) {
        topic = message->rkt;
        run = by_partition.try_emplace({rd_kafka_topic_name(topic), message->partition}).first;
      }
      run->second.push_back(message);
    }
    for (auto& [id, messages] : by_partition) Ready(id, std::move(messages));
    return outcome;
  }

  void Ready(const PartitionId& id, std::vector<rd_kafka_message_t*> messages) {
    const auto state = states_.find(id);
    const int64_t first = state == states_.end() ? INT64_MAX : state->second.fetched;
    std::erase_if(messages, [&](rd_kafka_message_t* message) {
      const bool old = message->offset < first;
      if (old) rd_kafka_message_destroy(message);
      return old;
    });
    if (messages.empty()) return;
    ready_.push_back(
        BatchOf(id, first, std::move(messages), {.key = options_.keep_key, .headers = options_.keep_headers}, client_));
    state->second.fetched = ready_.back().end;
    // Fetched records beyond the target are also taken, so that every offset up to here is accounted for.
    if (!options_.follow && state->second.fetched >= state->second.target) state->second.at_end = true;
  }

  /// Handles a message that is an event, not a record.
  Status TakeEvent(const rd_kafka_message_t& message,
                   std::map<PartitionId, std::vector<rd_kafka_message_t*>>& by_partition) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const PartitionId id{rd_kafka_topic_name(message.rkt), message.partition};
      if (const auto before = by_partition.find(id); before != by_partition.end()) {
        Ready(id, std::move(before->second));
        by_partition.erase(before);
      }
      const auto state = states_.find(id);
      if (state == states_.end()) return {};
      state->second.at_end = true;
      // Offsets without records, such as transaction markers, are skipped.
      if (message.offset > state->second.fetched) {
        RawBatch& passed = ready_.emplace_back();
        passed.from = id;
        passed.begin = state->second.fetched;
        passed.end = message.offset;
        state->second.fetched = message.offset;
      }
      return {};
    }
    if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      interrupted_ = stale_ = true;  // Seek checks the partitions and decides
      return {};
    }
    Error error = KafkaError(message.err, rd_kafka_message_errstr(&message));
    if (message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
        message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID || message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
      interrupted_ = stale_ = true;
      return {};
    }
    if (error.kind == ErrorKind::kRetry) {
      LogWarning(error.message);
      return {};
    }
    return std::unexpected(std::move(error));
  }

  const KafkaAddress address_;
  const SourceOptions options_;
  KafkaHealth health_;
  std::shared_ptr<void> client_;
  rd_kafka_queue_t* queue_ = nullptr;
  std::map<std::string, KafkaTopic> topics_;
  KafkaPositions positions_;
  std::chrono::steady_clock::time_point described_at_, answered_at_;
  std::map<PartitionId, PartitionState> states_;
  std::deque<RawBatch> ready_;
  std::set<PartitionId> waiting_;              // assigned, but not started
  std::set<PartitionId> revoked_;              // to be released
  bool assigning_ = false, revoking_ = false;  // the group waits for an answer
  bool subscribed_ = false;
  bool interrupted_ = false;
  bool stale_ = false;  // every partition must be checked again
  bool closing_ = false;
};

}  // namespace

Result<std::map<std::string, std::string>> TopicsAt(const std::string& uri,
                                                    const std::map<std::string, std::string>& settings) {
  INGOT_ASSIGN(KafkaAddress address, ParseKafkaAddress(uri));
  SourceOptions options;
  options.kafka = settings;
  KafkaSource source(address, options);
  INGOT_TRY(source.Open());
  std::map<std::string, std::string> topics;
  for (const auto& [name, identity] : source.Topics()) {
    topics[name] = "kafka://" + address.brokers + "/" + name;
    for (const auto& [key, value] : address.settings)
      topics[name] += (topics[name].find('?') == std::string::npos ? "?" : "&") + key + "=" + value;
  }
  return topics;
}

Result<std::unique_ptr<Source>> OpenKafka(const std::string& uri, const SourceOptions& options) {
  if (options.format != "json")
    return Fail(ErrorKind::kBadConfig,
                "format '" + options.format + "' is for files: the records of a topic are JSON (format: json)");
  INGOT_ASSIGN(KafkaAddress address, ParseKafkaAddress(uri));
  auto source = std::make_unique<KafkaSource>(std::move(address), options);
  INGOT_TRY(source->Open());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace ingot::source
