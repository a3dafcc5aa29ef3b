#include "source/kafka_writer.h"

#include <fmt/format.h>
#include <rdkafka.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/log.h"
#include "source/kafka_client.h"

namespace ingot::source {
namespace {

constexpr size_t kLinesAtOnce = 2000;  // per partition
constexpr int kFlushMs = 120'000;
constexpr int kSliceMs = 1'000;

class Writer : public KafkaWriter {
 public:
  ~Writer() override {
    if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
    if (client_ != nullptr) rd_kafka_destroy(client_);
  }

  Status Open(const std::string& uri, const std::map<std::string, std::string>& more, int partitions) {
    INGOT_ASSIGN(const KafkaAddress address, ParseKafkaAddress(uri));
    const std::map<std::string, std::string> settings{{"enable.idempotence", "true"},
                                                      {"delivery.report.only.error", "true"},
                                                      {"linger.ms", "20"},
                                                      {"batch.num.messages", "100000"},
                                                      {"batch.size", "1000000"},
                                                      {"compression.codec", "lz4"},
                                                      {"queue.buffering.max.messages", "1000000"},
                                                      {"queue.buffering.max.kbytes", "262144"},
                                                      {"delivery.timeout.ms", "120000"}};
    INGOT_ASSIGN(rd_kafka_conf_t * conf, KafkaConfiguration(address, settings, more));
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<Writer*>(self)->OnLost(message->err);
    });
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int code, const char* reason, void* self) {
      static_cast<Writer*>(self)->health_->OnError(code, reason);
    });
    health_ = std::make_unique<KafkaHealth>(address.brokers);
    INGOT_ASSIGN(client_, NewProducer(conf));
    INGOT_ASSIGN(const KafkaTopic topic, AwaitTopic(address.topic, partitions));
    partitions_ = std::max(1, topic.partitions);
    topic_ = rd_kafka_topic_new(client_, address.topic.c_str(), nullptr);
    return {};
  }

  Status WriteLines(std::string_view lines) override {
    std::vector<rd_kafka_message_t> messages;
    while (!lines.empty()) {
      messages.clear();
      while (!lines.empty() && messages.size() < kLinesAtOnce) {
        const size_t end = std::min(lines.find('\n'), lines.size());
        rd_kafka_message_t message{};
        message.payload = const_cast<char*>(lines.data());  // copied, not changed
        message.len = end;
        messages.push_back(message);
        lines.remove_prefix(std::min(end + 1, lines.size()));
      }
      INGOT_TRY(Produce(messages));
      next_partition_ = (next_partition_ + 1) % partitions_;
    }
    rd_kafka_poll(client_, 0);
    if (outcome_)
      if (Status healthy = health_->Check(); !healthy && healthy.error().kind == ErrorKind::kBadConfig) return healthy;
    return outcome_;
  }

  Status Flush() override {
    if (rd_kafka_flush(client_, kFlushMs) != RD_KAFKA_RESP_ERR_NO_ERROR && outcome_)
      return Fail(ErrorKind::kRetry, "kafka: the broker did not accept all records in time");
    return outcome_;
  }

 private:
  /// Returns the topic and creates it if it does not exist. Once any broker has answered, the call waits for a broker
  /// that fails: it returns, or another one takes over.
  Result<KafkaTopic> AwaitTopic(const std::string& name, int partitions) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kFlushMs);
    bool answered = false;
    while (true) {
      answered = answered || AnyBrokerAnswers();
      health_->OnRequest();
      auto topic = FindOrCreateTopic(name, partitions);
      if (topic || topic.error().kind != ErrorKind::kRetry) return topic;
      if (!answered || std::chrono::steady_clock::now() >= until) return topic;
      LogWarning(topic.error().message + "; retrying");
      rd_kafka_poll(client_, kSliceMs);
    }
  }

  bool AnyBrokerAnswers() {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client_, 0, nullptr, &metadata, kSliceMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    rd_kafka_metadata_destroy(metadata);
    return true;
  }

  Result<KafkaTopic> FindOrCreateTopic(const std::string& name, int partitions) {
    const auto health = [this] {
      rd_kafka_poll(client_, 0);
      return health_->Check();
    };
    auto topic = DescribeTopic(client_, name, health);
    if (topic || topic.error().kind != ErrorKind::kNotFound) return topic;
    INGOT_TRY(CreateTopic(client_, name, partitions));
    // Brokers propagate a new topic among themselves before a client sees it.
    for (int i = 0; i < 50 && (!topic || topic->partitions == 0); ++i) {
      rd_kafka_poll(client_, 100);
      topic = DescribeTopic(client_, name, health);
    }
    if (!topic && topic.error().kind == ErrorKind::kNotFound)
      return Fail(ErrorKind::kRetry, "kafka: the brokers do not know the topic " + name + " that was just created");
    return topic;
  }

  Status Produce(std::vector<rd_kafka_message_t>& messages) {
    while (!messages.empty() && outcome_) {
      rd_kafka_produce_batch(topic_, next_partition_, RD_KAFKA_MSG_F_COPY, messages.data(), int(messages.size()));
      for (const rd_kafka_message_t& message : messages)
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && message.err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
          return std::unexpected(KafkaError(message.err, "produce"));
      std::erase_if(messages, [](const auto& message) { return message.err == RD_KAFKA_RESP_ERR_NO_ERROR; });
      for (rd_kafka_message_t& message : messages) message.err = RD_KAFKA_RESP_ERR_NO_ERROR;
      if (!messages.empty()) rd_kafka_poll(client_, 20);
    }
    return outcome_;
  }

  void OnLost(int code) {
    ++lost_;
    outcome_ = std::unexpected(KafkaError(code, fmt::format("{} records were not accepted", lost_)));
  }

  rd_kafka_t* client_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  int partitions_ = 1;
  int next_partition_ = 0;
  int64_t lost_ = 0;
  std::unique_ptr<KafkaHealth> health_;
  Status outcome_;
};

}  // namespace

Result<std::unique_ptr<KafkaWriter>> KafkaWriter::Open(const std::string& uri,
                                                       const std::map<std::string, std::string>& settings,
                                                       int partitions) {
  auto writer = std::make_unique<Writer>();
  INGOT_TRY(writer->Open(uri, settings, partitions));
  return std::unique_ptr<KafkaWriter>(std::move(writer));
}

}  // namespace ingot::source
