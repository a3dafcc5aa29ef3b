// Fetched Kafka messages as batches of records: the bytes stay where librdkafka put them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "source/source.h"

using rd_kafka_message_t = struct rd_kafka_message_s;

namespace ingot::source {

struct EnvelopeWishes {
  bool key = false;
  bool headers = false;
};

/// Messages that nobody needs any more, until the thread that fetches frees them: where every thread that parses frees
/// what the client's thread allocates, they wait for each other in malloc. Keeps their client alive. Thread-safe.
class SpentMessages {
 public:
  explicit SpentMessages(std::shared_ptr<void> client) : client_(std::move(client)) {}
  ~SpentMessages() { Free(); }
  void Add(std::vector<rd_kafka_message_t*> messages);
  void Free();

 private:
  const std::shared_ptr<void> client_;
  std::mutex mutex_;
  std::vector<std::vector<rd_kafka_message_t*>> lists_;
};

/// Takes the messages, which are of one partition and no errors; they are spent when the batch goes. `begin` is where
/// the partition was: offsets that hold no record (transaction marks, compacted records) are passed over.
RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages, EnvelopeWishes wishes,
                 std::shared_ptr<SpentMessages> spent);

}  // namespace ingot::source
