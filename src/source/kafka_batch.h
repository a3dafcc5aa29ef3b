// Fetched Kafka messages as batches of records: the bytes stay where librdkafka put them, as packed as they came.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "source/record_batch.h"
#include "source/source.h"

using rd_kafka_message_t = struct rd_kafka_message_s;
using rd_kafka_queue_t = struct rd_kafka_queue_s;

namespace ingot::source {

/// What has come, up to half a megabyte as packed as it came; waits for the first only. Errors: those of KafkaError.
Result<std::vector<rd_kafka_message_t*>> TakeMessages(rd_kafka_queue_t* queue, std::chrono::milliseconds wait);

/// Takes the messages, which are of one partition and no errors. `begin` is where the partition was: offsets that hold
/// no record (transaction marks, compacted records) are passed over. The client lives until the batch goes.
RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages, EnvelopeWishes wishes,
                 std::shared_ptr<void> client);

}  // namespace ingot::source
