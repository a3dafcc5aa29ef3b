// The lower bound for reading Kafka: a consumer of the same library that only counts, with one queue for all
// partitions.
//
//   count_consumer BROKERS TOPIC   prints {"records": N, "seconds": S}
#include <rdkafka.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

[[noreturn]] void Stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

rd_kafka_t* Connect(const char* brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [key, value] :
       std::vector<std::pair<const char*, const char*>>{{"bootstrap.servers", brokers},
                                                        {"group.id", "count"},
                                                        {"enable.partition.eof", "true"},
                                                        {"enable.auto.commit", "false"},
                                                        {"queued.max.messages.kbytes", "131072"},
                                                        {"queued.min.messages", "1000000"},
                                                        {"fetch.wait.max.ms", "50"},  // at the end of a partition
                                                        {"fetch.message.max.bytes", "2097152"}})
    if (rd_kafka_conf_set(conf, key, value, error, sizeof(error)) != RD_KAFKA_CONF_OK) Stop(error);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
  if (client == nullptr) Stop(error);
  rd_kafka_poll_set_consumer(client);
  return client;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Stop("usage: count_consumer BROKERS TOPIC");
  rd_kafka_t* client = Connect(argv[1]);
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, argv[2], nullptr);
  if (rd_kafka_metadata(client, 0, topic, &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) Stop("no metadata");
  int open = metadata->topics[0].partition_cnt;
  rd_kafka_topic_partition_list_t* partitions = rd_kafka_topic_partition_list_new(open);
  for (int i = 0; i < open; ++i) rd_kafka_topic_partition_list_add(partitions, argv[2], i)->offset = 0;
  const auto begun = std::chrono::steady_clock::now();
  rd_kafka_assign(client, partitions);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> messages(16'384);
  int64_t records = 0;
  while (open > 0) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      if (messages[size_t(i)]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        --open;
      else if (messages[size_t(i)]->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        ++records;
      else
        Stop(rd_kafka_message_errstr(messages[size_t(i)]));
      rd_kafka_message_destroy(messages[size_t(i)]);
    }
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  std::printf("{\"records\": %lld, \"seconds\": %.6f}\n", static_cast<long long>(records), taken.count());
  std::fflush(stdout);
  std::_Exit(0);  // skips the consumer's slow shutdown
}
