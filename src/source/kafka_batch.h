// Fetched Kafka messages as batches of records: the bytes stay where librdkafka put them.
#pragma once

#include <memory>
#include <span>

#include "source/source.h"

using rd_kafka_message_t = struct rd_kafka_message_s;

namespace ingot::source {

struct EnvelopeWishes {
  bool key = false;
  bool headers = false;
};

/// Takes the messages, which are of one partition and no errors, and frees them with the batch. `begin` is where the
/// partition was: offsets that hold no record (transaction marks, compacted records) are passed over. `client` lives as
/// long as the batch.
RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages, EnvelopeWishes wishes,
                 std::shared_ptr<void> client);

}  // namespace ingot::source
