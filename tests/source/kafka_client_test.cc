#include "source/kafka_client.h"

#include <gtest/gtest.h>
#include <rdkafka.h>

#include <cstdlib>

namespace ingot::source {
namespace {

// Goal:   addresses are parsed, and invalid ones are rejected.
// Method: the forms of the documentation, and misspellings.
TEST(KafkaClient, Addresses) {
  const auto address =
      *ParseKafkaAddress("kafka://a:9092,b:9092/speedtest_raw?security.protocol=SSL&fetch.wait.max.ms=5");
  EXPECT_EQ(address.brokers, "a:9092,b:9092");
  EXPECT_EQ(address.topic, "speedtest_raw");
  EXPECT_EQ(address.settings.at("security.protocol"), "SSL");
  EXPECT_EQ(address.settings.at("fetch.wait.max.ms"), "5");
  EXPECT_TRUE(IsKafkaUri("kafka://a/t"));
  for (const char* path : {"kafka:/a/t", "./kafka://a/t", "landing", ""}) EXPECT_FALSE(IsKafkaUri(path)) << path;
  EXPECT_EQ(ParseKafkaAddress("kafka://a/^speed.*")->topic, "^speed.*");
  const auto pattern = *ParseKafkaAddress("kafka://a/^t(est)?_[a-z]+?security.protocol=SSL&sasl.password=a?b=c");
  EXPECT_EQ(pattern.topic, "^t(est)?_[a-z]+");
  EXPECT_EQ(pattern.settings, (decltype(pattern.settings){{"security.protocol", "SSL"}, {"sasl.password", "a?b=c"}}));
  EXPECT_EQ(ParseKafkaAddress("kafka://a/^t(est)?")->topic, "^t(est)?");
  for (const char* bad :
       {"kafka://", "kafka://a", "kafka://a/", "kafka:///t", "kafka://a/b/c", "kafka://a/t?x", "file:///a"})
    EXPECT_EQ(ParseKafkaAddress(bad).error().kind, ErrorKind::kBadConfig) << bad;
}

// Goal:   the operator's settings override ours, except those that exactly-once needs.
// Method: each level, a misspelling, a fixed setting.
TEST(KafkaClient, Settings) {
  setenv("INGOT_KAFKA_FETCH_WAIT_MAX_MS", "7", 1);
  const auto address = *ParseKafkaAddress("kafka://a/t?check.crcs=false");
  rd_kafka_conf_t* conf = *KafkaConfiguration(address, {{"fetch.wait.max.ms", "5"}, {"check.crcs", "true"}}, {});
  const auto value = [&](const char* key) {
    char text[100];
    size_t size = sizeof text;
    rd_kafka_conf_get(conf, key, text, &size);
    return std::string(text);
  };
  EXPECT_EQ(value("fetch.wait.max.ms"), "7");
  EXPECT_EQ(value("check.crcs"), "false");
  EXPECT_EQ(value("bootstrap.servers"), "a");
  rd_kafka_conf_destroy(conf);
  unsetenv("INGOT_KAFKA_FETCH_WAIT_MAX_MS");
  EXPECT_EQ(KafkaConfiguration(address, {}, {{"no.such.thing", "1"}}).error().kind, ErrorKind::kBadConfig);
  EXPECT_EQ(KafkaConfiguration(address, {}, {{"auto.offset.reset", "latest"}}).error().kind, ErrorKind::kBadConfig);
}

}  // namespace
}  // namespace ingot::source
