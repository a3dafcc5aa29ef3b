// The parts that reading from and writing to Kafka share: addresses, settings and metadata, on librdkafka.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/source.h"

using rd_kafka_t = struct rd_kafka_s;
using rd_kafka_conf_t = struct rd_kafka_conf_s;

namespace ingot::source {

/// kafka://host:port[,host:port]/topic[?setting=value&…]
struct KafkaAddress {
  std::string brokers;
  std::string topic;
  std::map<std::string, std::string> settings;
};
/// Errors: kBadConfig.
Result<KafkaAddress> ParseKafkaAddress(const std::string& uri);

/// Builds librdkafka's configuration. Ingot's settings are overridden by the operator's: the environment
/// (INGOT_KAFKA_SASL_PASSWORD is sasl.password), the pipeline file and the address.
/// Errors: kBadConfig for unknown settings, and for those that exactly-once depends on.
Result<rd_kafka_conf_t*> KafkaConfiguration(const KafkaAddress& address, const std::map<std::string, std::string>& ours,
                                            const std::map<std::string, std::string>& from_pipeline);

/// Creates a producer, or a consumer, and takes ownership of `conf`. Errors: kBadConfig.
Result<rd_kafka_t*> NewProducer(rd_kafka_conf_t* conf);
Result<rd_kafka_t*> NewConsumer(rd_kafka_conf_t* conf);

struct KafkaTopic {
  TopicIdentity identity;
  int32_t partitions = 0;
};
/// Requests the topic's metadata with bounded retries, and calls `health` between them. An error of `health` ends the
/// request.
/// Errors: kNotFound; kRetry when no broker answers; kBadConfig when access is denied.
Result<KafkaTopic> DescribeTopic(rd_kafka_t* client, const std::string& topic, const std::function<Status()>& health);
/// Returns the topic itself, or all topics of the cluster that match a regular expression, which begins with ^.
/// Errors: kBadConfig for an invalid expression; kNotFound when no topic matches.
Result<std::vector<std::string>> TopicsMatching(rd_kafka_t* client, const std::string& topic);
/// Creates the topic. An existing topic is not an error.
Status CreateTopic(rd_kafka_t* client, const std::string& topic, int partitions);

/// The connection state that librdkafka reports between requests, through its error callback.
class KafkaHealth {
 public:
  explicit KafkaHealth(std::string brokers) : brokers_(std::move(brokers)) {}
  void OnError(int code, const char* reason);
  /// A request begins. The brokers get the full time to answer, because they may be reachable again.
  void OnRequest() {
    if (down_since_) down_since_ = std::chrono::steady_clock::now();
  }
  /// A broker has answered.
  void OnAnswer();
  /// No broker has answered.
  void OnNoAnswer(const std::string& reason) const;
  /// Errors: kBadConfig for denied access and untrusted certificates; kRetry with the last reason when all brokers have
  ///   been unreachable for some time.
  Status Check() const;

 private:
  const std::string brokers_;
  std::string reason_;  // of the last failed connection
  std::optional<Error> denied_;
  std::optional<std::chrono::steady_clock::time_point> down_since_;
};

/// Converts an error code of librdkafka.
Error KafkaError(int code, const std::string& doing);

}  // namespace ingot::source
