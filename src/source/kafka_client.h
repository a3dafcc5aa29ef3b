// What reading from and writing to Kafka share: addresses, settings, metadata. On librdkafka.
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

/// librdkafka's configuration from what Ingot needs, below what the operator sets: the environment
/// (INGOT_KAFKA_SASL_PASSWORD is sasl.password), the pipeline file, the address. Errors: kBadConfig for unknown
/// settings, and for those that exactly-once rests on.
Result<rd_kafka_conf_t*> KafkaConfiguration(const KafkaAddress& address, const std::map<std::string, std::string>& ours,
                                            const std::map<std::string, std::string>& from_pipeline);

/// A producer, or a consumer, of this configuration, which it takes over. Errors: kBadConfig.
Result<rd_kafka_t*> NewProducer(rd_kafka_conf_t* conf);
Result<rd_kafka_t*> NewConsumer(rd_kafka_conf_t* conf);

struct KafkaTopic {
  TopicIdentity identity;
  int32_t partitions = 0;
};
/// Asks the cluster, with bounded retries, and `health` between: its error ends the asking. Errors: kNotFound; kRetry
/// when no broker answers; kBadConfig when access is refused.
Result<KafkaTopic> DescribeTopic(rd_kafka_t* client, const std::string& topic, const std::function<Status()>& health);
/// The topic itself, or those of the cluster that a regular expression, which begins with ^, is found in. Errors:
/// kBadConfig for what is no expression, kNotFound when none matches.
Result<std::vector<std::string>> TopicsMatching(rd_kafka_t* client, const std::string& topic);
/// One that exists is no error.
Status CreateTopic(rd_kafka_t* client, const std::string& topic, int partitions);

/// What librdkafka tells of its connections while nobody asks: to be fed by its error callback.
class KafkaHealth {
 public:
  explicit KafkaHealth(std::string brokers) : brokers_(std::move(brokers)) {}
  void OnError(int code, const char* reason);
  /// The brokers are asked anew, and get the whole time to answer: those that were away may be back.
  void OnQuestion() {
    if (down_since_) down_since_ = std::chrono::steady_clock::now();
  }
  /// A broker has answered.
  void OnAnswer();
  /// No broker has answered.
  void OnSilence(const std::string& reason) const;
  /// Errors: kBadConfig for refused access and certificates that are not trusted, kRetry with the last reason when all
  /// brokers have been away for some time.
  Status Check() const;

 private:
  const std::string brokers_;
  std::string reason_;  // of the last connection that failed
  std::optional<Error> refused_;
  std::optional<std::chrono::steady_clock::time_point> down_since_;
};

/// An error of librdkafka by its code.
Error KafkaError(int code, const std::string& doing);

}  // namespace ingot::source
