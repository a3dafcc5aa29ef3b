#include "source/kafka_batch.h"

#include <gtest/gtest.h>
#include <rdkafka.h>
#include <rdkafka_mock.h>

#include "source/kafka_client.h"

namespace ingot::source {
namespace {

/// librdkafka's mock broker in this process, with one topic of one partition.
class KafkaBatch : public testing::Test {
 protected:
  void SetUp() override {
    char problem[200];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, "t", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void TearDown() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }

  rd_kafka_conf_t* Settings(std::map<std::string, std::string> settings) {
    return *KafkaConfiguration({rd_kafka_mock_cluster_bootstraps(cluster_), "t", {}}, settings, {});
  }

  void Produce(int count) {
    rd_kafka_t* producer = *NewProducer(Settings({{"linger.ms", "10000"}, {"compression.codec", "lz4"}}));
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(i), value = "{\"value\": " + std::to_string(i) + "}";
      ASSERT_EQ(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(0),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                                  RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                  RD_KAFKA_V_TIMESTAMP(1'700'000'000'000 + i), RD_KAFKA_V_END),
                RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT_EQ(rd_kafka_flush(producer, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
  }

  /// Returns the messages from the offset `begin` up to `end`.
  std::vector<rd_kafka_message_t*> Consume(const std::shared_ptr<void>& owner, int64_t begin, int64_t end) {
    auto* client = static_cast<rd_kafka_t*>(owner.get());
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "t", 0)->offset = begin;
    rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<rd_kafka_message_t*> messages;
    while (messages.empty() || messages.back()->offset + 1 < end) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 10'000);
      if (message == nullptr) break;
      messages.push_back(message);
    }
    return messages;
  }

  RawBatch Fetched(const char* whole_batches, int64_t begin, int64_t end, size_t& messages) {
    const std::shared_ptr<void> client(
        *NewConsumer(Settings({{"group.id", "g"}, {"consume.record.batches", whole_batches}})),
        [](void* old) { rd_kafka_destroy(static_cast<rd_kafka_t*>(old)); });
    auto fetched = Consume(client, begin, end);
    messages = fetched.size();
    return BatchOf({"t", 0}, begin, std::move(fetched), {.key = true}, client);
  }

  rd_kafka_t* host_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

// Goal:   record batches and single messages of old logs give the same records; the batch outlives the owner of its
//         client.
// Method: both kinds of the same topic, from an offset within its first batch.
TEST_F(KafkaBatch, WholeAndOneByOne) {
  Produce(500);
  Produce(100);
  for (const char* whole : {"true", "false"}) {
    size_t messages = 0;
    RawBatch batch = Fetched(whole, 3, 600, messages);
    // A flush sends what the library's thread holds: usually one batch, more under load.
    if (std::string_view(whole) == "true")
      EXPECT_LT(messages, 50u);
    else
      EXPECT_EQ(messages, 597u);
    EXPECT_EQ(batch.begin, 3);
    EXPECT_EQ(batch.end, 600);
    EXPECT_GE(batch.Size(), 597);
    ASSERT_TRUE(batch.Unpack());
    ASSERT_EQ(batch.Size(), 597);
    ASSERT_EQ(batch.envelopes.size(), 597u);
    for (size_t i = 0; i < 597; ++i) {
      const int64_t offset = int64_t(i) + 3, number = offset < 500 ? offset : offset - 500;
      EXPECT_EQ(batch.records[i].offset, offset);
      EXPECT_EQ(batch.records[i].produced_at_micros, (1'700'000'000'000 + number) * 1000);
      EXPECT_EQ(batch.Bytes(batch.records[i]), "{\"value\": " + std::to_string(number) + "}");
      EXPECT_EQ(batch.envelopes[i].key, "k" + std::to_string(number));
    }
  }
}

}  // namespace
}  // namespace ingot::source
