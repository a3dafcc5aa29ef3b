// Converts fetched Kafka messages to batches of records. The bytes stay in librdkafka's buffers in wire format.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "source/record_batch.h"
#include "source/source.h"

using rd_kafka_message_t = struct rd_kafka_message_s;
using rd_kafka_queue_t = struct rd_kafka_queue_s;

namespace ingot::source {

/// Returns the messages that have arrived, up to half a megabyte in wire format. Waits only for the first. Errors:
/// those of KafkaError.
Result<std::vector<rd_kafka_message_t*>> TakeMessages(rd_kafka_queue_t* queue, std::chrono::milliseconds wait);

/// Makes a batch and takes ownership of the messages, which must be of one partition and free of errors. `begin` is the
/// partition's position. Offsets without a record (transaction markers, compacted records) are skipped. The batch keeps
/// the client alive.
RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages,
                 EnvelopeOptions envelope_options, std::shared_ptr<void> client);

}  // namespace ingot::source
