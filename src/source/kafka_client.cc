#include "source/kafka_client.h"

#include <fmt/format.h>
#include <rdkafka.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "base/log.h"
#include "base/lower_case.h"
#include "base/outage.h"
#include "base/retry.h"

extern char** environ;

namespace ingot::source {
namespace {

constexpr int kAnswerMs = 10'000;
constexpr std::string_view kScheme = "kafka://";
constexpr std::chrono::seconds kUnreachableMax{8};

void LogLine(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // The library reconnects by itself; problems that matter to the run are reported as errors.
  if (level <= 3 && std::string_view(facility) != "FAIL" && std::string_view(facility) != "ERROR")
    LogWarning(std::string("kafka: ") + text);
  else
    LogDebug(std::string("kafka: ") + facility + ": " + text);
}

std::map<std::string, std::string> SettingsFromEnvironment() {
  constexpr std::string_view kPrefix = "INGOT_KAFKA_";
  std::map<std::string, std::string> settings;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::string_view text(*variable);
    if (!text.starts_with(kPrefix)) continue;
    text.remove_prefix(kPrefix.size());
    const auto equals = text.find('=');
    std::string key = LowerCase(text.substr(0, equals));
    std::ranges::replace(key, '_', '.');
    settings[key] = std::string(text.substr(equals + 1));
  }
  return settings;
}

bool IsRequiredForExactlyOnce(const std::string& key) {
  for (const char* fixed :
       {"enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof",
        "enable.idempotence", "delivery.report.only.error", "consume.record.batches"})
    if (key == fixed) return true;
  return false;
}

Result<rd_kafka_t*> NewClient(rd_kafka_type_t kind, rd_kafka_conf_t* conf) {
  char problem[512];
  if (rd_kafka_t* client = rd_kafka_new(kind, conf, problem, sizeof problem)) return client;
  rd_kafka_conf_destroy(conf);
  return Fail(ErrorKind::kBadConfig, std::string("kafka: ") + problem);
}

/// Returns where the '?' before the settings is. In a pattern of topics, '?' has another meaning: there the settings
/// begin at the first '?' before a name and '='.
size_t SettingsBegin(std::string_view address) {
  size_t question = address.find('?');
  if (address.find("/^") > question) return question;
  for (; question != std::string_view::npos; question = address.find('?', question + 1)) {
    const size_t end = address.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._", question + 1);
    if (end != std::string_view::npos && end > question + 1 && address[end] == '=') break;
  }
  return question;
}

}  // namespace

bool IsKafkaUri(std::string_view uri) {
  return uri.starts_with(kScheme);
}

Result<KafkaAddress> ParseKafkaAddress(const std::string& uri) {
  const auto refuse = [&] {
    return Fail(ErrorKind::kBadConfig, "not a Kafka address: '" + uri + "' (write kafka://host:9092/topic)");
  };
  if (!IsKafkaUri(uri)) return refuse();
  std::string_view rest = std::string_view(uri).substr(kScheme.size());
  KafkaAddress address;
  if (const auto question = SettingsBegin(rest); question != std::string_view::npos) {
    std::string_view query = rest.substr(question + 1);
    rest = rest.substr(0, question);
    while (!query.empty()) {
      const auto ampersand = std::min(query.find('&'), query.size());
      const std::string_view pair = query.substr(0, ampersand);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) return refuse();
      address.settings[std::string(pair.substr(0, equals))] = std::string(pair.substr(equals + 1));
      query.remove_prefix(std::min(ampersand + 1, query.size()));
    }
  }
  const auto slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == rest.size()) return refuse();
  address.brokers = std::string(rest.substr(0, slash));
  address.topic = std::string(rest.substr(slash + 1));
  while (address.topic.ends_with('/')) address.topic.pop_back();
  if (address.topic.empty() || address.topic.find('/') != std::string::npos) return refuse();
  return address;
}

Result<rd_kafka_conf_t*> KafkaConfiguration(const KafkaAddress& address, const std::map<std::string, std::string>& ours,
                                            const std::map<std::string, std::string>& from_pipeline) {
  std::map<std::string, std::string> settings = ours;
  settings["bootstrap.servers"] = address.brokers;
  settings["client.id"] = "ingot";
  for (const auto& more : {SettingsFromEnvironment(), from_pipeline, address.settings})
    for (const auto& [key, value] : more) {
      if (IsRequiredForExactlyOnce(key))
        return Fail(ErrorKind::kBadConfig,
                    "the Kafka setting " + key + " cannot be changed: exactly-once depends on it");
      settings[key] = value;
    }
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [key, value] : settings) {
    char problem[512];
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), problem, sizeof problem) == RD_KAFKA_CONF_OK) continue;
    rd_kafka_conf_destroy(conf);
    return Fail(ErrorKind::kBadConfig, std::string("Kafka setting: ") + problem);
  }
  rd_kafka_conf_set_log_cb(conf, &LogLine);
  return conf;
}

Result<rd_kafka_t*> NewProducer(rd_kafka_conf_t* conf) {
  return NewClient(RD_KAFKA_PRODUCER, conf);
}
Result<rd_kafka_t*> NewConsumer(rd_kafka_conf_t* conf) {
  return NewClient(RD_KAFKA_CONSUMER, conf);
}

Error KafkaError(int code, const std::string& doing) {
  const auto error = rd_kafka_resp_err_t(code);
  ErrorKind kind = ErrorKind::kRetry;
  std::string hint;
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      kind = ErrorKind::kNotFound;
      break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      kind = ErrorKind::kBadConfig;
      hint = " (look at security.protocol, sasl.mechanism, sasl.username and sasl.password)";
      break;
    case RD_KAFKA_RESP_ERR__SSL:
      // A connection that breaks during its handshake also gives this error.
      if (doing.find("certificate verify failed") != std::string::npos) kind = ErrorKind::kBadConfig;
      break;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      kind = ErrorKind::kCorrupt;
      break;
    default:
      break;
  }
  return Error{kind, fmt::format("kafka: {}: {}{}", doing, rd_kafka_err2str(error), hint)};
}

void KafkaHealth::OnError(int code, const char* reason) {
  LogDebug(std::string("kafka: ") + rd_kafka_err2str(rd_kafka_resp_err_t(code)) + ": " + reason);
  const bool broken =
      code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__SSL;
  if (broken) reason_ = std::string(": ") + reason;
  const bool away = broken || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (away && !down_since_) down_since_ = std::chrono::steady_clock::now();
  if (away) OnNoAnswer(reason_.empty() ? reason : reason_.substr(2));
  Error error = KafkaError(code, reason);
  if (error.kind == ErrorKind::kBadConfig || code == RD_KAFKA_RESP_ERR__FATAL) denied_ = std::move(error);
}

void KafkaHealth::OnAnswer() {
  down_since_.reset();
  reason_.clear();
  ServerAnswered("Kafka at " + brokers_);
}

void KafkaHealth::OnNoAnswer(const std::string& reason) const {
  ServerFailed("Kafka at " + brokers_, reason);
}

Status KafkaHealth::Check() const {
  if (denied_) return std::unexpected(*denied_);
  if (down_since_ && std::chrono::steady_clock::now() - *down_since_ > kUnreachableMax)
    return Fail(ErrorKind::kRetry, "kafka: no broker of " + brokers_ + " can be reached" + reason_);
  return {};
}

namespace {

/// Waits until any broker answers. An admin request that waits by itself makes the library reconnect in a loop without
/// a pause, hundreds of thousands of times while a cluster restarts.
Status AwaitBroker(rd_kafka_t* client, const std::function<Status()>& health) {
  constexpr int kSliceMs = 500;
  for (int waited = 0; waited < kAnswerMs; waited += kSliceMs) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client, 0, nullptr, &metadata, kSliceMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
      return {};
    }
    INGOT_TRY(health());
  }
  // The library does not report a listener that closes the connection because it does not understand it.
  return Fail(ErrorKind::kRetry, "kafka: no broker answers (does the listener take this security.protocol?)");
}

}  // namespace

Result<KafkaTopic> DescribeTopic(rd_kafka_t* client, const std::string& topic, const std::function<Status()>& health) {
  using Collection = std::unique_ptr<rd_kafka_TopicCollection_t, decltype(&rd_kafka_TopicCollection_destroy)>;
  const char* names[] = {topic.c_str()};
  const Collection topics(rd_kafka_TopicCollection_of_topic_names(names, 1), &rd_kafka_TopicCollection_destroy);
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(rd_kafka_queue_new(client),
                                                                                   &rd_kafka_queue_destroy);
  Backoff backoff({.attempts_max = 5, .wait_first = std::chrono::milliseconds(100)});
  const std::string doing = "describe topic " + topic;
  while (true) {
    INGOT_TRY(AwaitBroker(client, health));
    using Options = std::unique_ptr<rd_kafka_AdminOptions_t, decltype(&rd_kafka_AdminOptions_destroy)>;
    const Options options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS),
                          &rd_kafka_AdminOptions_destroy);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kAnswerMs, nullptr, 0);
    rd_kafka_DescribeTopics(client, topics.get(), options.get(), queue.get());
    std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(nullptr, &rd_kafka_event_destroy);
    for (int waited = 0; !event && waited <= kAnswerMs; waited += 100) {
      event.reset(rd_kafka_queue_poll(queue.get(), 100));
      if (!event) INGOT_TRY(health());
    }
    Error error{ErrorKind::kRetry, "kafka: " + doing + ": no broker answers"};
    if (event && rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      error = KafkaError(rd_kafka_event_error(event.get()), doing);
    } else if (event) {
      size_t count = 0;
      const auto* result = rd_kafka_event_DescribeTopics_result(event.get());
      const auto** found = rd_kafka_DescribeTopics_result_topics(result, &count);
      const rd_kafka_error_t* problem = count == 1 ? rd_kafka_TopicDescription_error(found[0]) : nullptr;
      if (count == 1 && (problem == nullptr || rd_kafka_error_code(problem) == RD_KAFKA_RESP_ERR_NO_ERROR)) {
        KafkaTopic described;
        size_t partitions = 0;
        rd_kafka_TopicDescription_partitions(found[0], &partitions);
        described.partitions = int32_t(partitions);
        described.identity.topic_id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(found[0]));
        char* cluster = rd_kafka_clusterid(client, kAnswerMs);
        described.identity.cluster_id = cluster == nullptr ? "" : cluster;
        std::free(cluster);
        if (!described.identity.cluster_id.empty()) return described;
      } else {
        error = KafkaError(problem == nullptr ? RD_KAFKA_RESP_ERR__FAIL : rd_kafka_error_code(problem), doing);
      }
    }
    if (error.kind != ErrorKind::kRetry || !backoff.Wait()) return std::unexpected(std::move(error));
  }
}

Result<std::vector<std::string>> TopicsMatching(rd_kafka_t* client, const std::string& topic) {
  if (!topic.starts_with('^')) return std::vector{topic};
  std::regex pattern;
  try {
    pattern = topic;
  } catch (const std::regex_error& problem) {
    return Fail(ErrorKind::kBadConfig, "topic pattern " + topic + ": " + problem.what());
  }
  const rd_kafka_metadata_t* metadata = nullptr;
  if (const auto code = rd_kafka_metadata(client, 1, nullptr, &metadata, kAnswerMs); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(KafkaError(code, "list topics"));
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i)
    if (std::regex_search(metadata->topics[i].topic, pattern)) names.emplace_back(metadata->topics[i].topic);
  rd_kafka_metadata_destroy(metadata);
  if (names.empty()) return Fail(ErrorKind::kNotFound, "no topic matches " + topic);
  return names;
}

Status CreateTopic(rd_kafka_t* client, const std::string& topic, int partitions) {
  char problem[256] = "";
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, problem, sizeof problem);
  if (wanted == nullptr) return Fail(ErrorKind::kBadConfig, "create topic " + topic + ": " + problem);
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(rd_kafka_queue_new(client),
                                                                                   &rd_kafka_queue_destroy);
  rd_kafka_CreateTopics(client, &wanted, 1, nullptr, queue.get());
  const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
      rd_kafka_queue_poll(queue.get(), 60'000), &rd_kafka_event_destroy);
  rd_kafka_NewTopic_destroy(wanted);
  if (!event) return Fail(ErrorKind::kRetry, "create topic " + topic + ": no broker answers");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(KafkaError(code, "create topic " + topic));
  size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(event.get());
  const auto** made = rd_kafka_CreateTopics_result_topics(result, &count);
  const auto code = count == 1 ? rd_kafka_topic_result_error(made[0]) : RD_KAFKA_RESP_ERR__FAIL;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  return std::unexpected(KafkaError(code, "create topic " + topic));
}

}  // namespace ingot::source
