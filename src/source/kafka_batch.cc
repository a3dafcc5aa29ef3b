#include "source/kafka_batch.h"

#include <fmt/format.h>
#include <rdkafka.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "source/kafka_client.h"

namespace ingot::source {
namespace {

constexpr int64_t kRecordsReserved = 1 << 20;  // limit on the record counts of headers, which may be wrong

std::string_view Payload(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len};
}

class PackedMessages : public RawBatch::Packed {
 public:
  PackedMessages(std::vector<rd_kafka_message_t*> messages, EnvelopeOptions envelope_options,
                 std::shared_ptr<void> client)
      : client_(std::move(client)), messages_(std::move(messages)), envelope_options_(envelope_options) {}
  ~PackedMessages() override {
    for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
  }

  Status Unpack(RawBatch& batch) override {
    RecordBatchReader reader(envelope_options_);
    batch.records.reserve(size_t(std::min(batch.packed_records, kRecordsReserved)));
    for (const rd_kafka_message_t* message : messages_) {
      if (!rd_kafka_message_is_record_batch(message)) {
        TakeOldMessage(*message, batch);
        continue;
      }
      if (Status read = reader.Read(Payload(*message), batch.begin, batch, buffers_); !read)
        return Fail(read.error().kind,
                    fmt::format("kafka: topic {} partition {}: the record batch that ends at offset {} "
                                "is damaged: {}",
                                batch.from.topic, batch.from.partition, message->offset, read.error().message));
    }
    return {};
  }

 private:
  /// Takes a message of the formats before record batches (magic 0 and 1): a single record without headers.
  void TakeOldMessage(const rd_kafka_message_t& message, RawBatch& batch) {
    const std::string_view data = Payload(message);
    AppendRecord({.offset = message.offset,
                  .produced_at_micros = MicrosOf(rd_kafka_message_timestamp(&message, nullptr)),
                  .absent = message.payload == nullptr},
                 data, data.data() + data.size(), batch, buffers_);
    if (!envelope_options_.key && !envelope_options_.headers) return;
    RawBatch::Envelope& envelope = batch.envelopes.emplace_back();
    if (envelope_options_.key && message.key != nullptr)
      envelope.key = std::string_view(static_cast<const char*>(message.key), message.key_len);
  }

  const std::shared_ptr<void> client_;
  const std::vector<rd_kafka_message_t*> messages_;
  const EnvelopeOptions envelope_options_;
  std::deque<std::string> buffers_;
};

}  // namespace

Result<std::vector<rd_kafka_message_t*>> TakeMessages(rd_kafka_queue_t* queue, std::chrono::milliseconds wait) {
  constexpr size_t kBytesMax = 512 << 10, kMessagesMax = 16'384;
  std::vector<rd_kafka_message_t*> taken;
  // When more than one message is requested, the library waits until it has all of them.
  for (size_t bytes = 0; bytes < kBytesMax && taken.size() < kMessagesMax;) {
    rd_kafka_message_t* some[64];
    const ssize_t count = rd_kafka_consume_batch_queue(queue, taken.empty() ? int(wait.count()) : 0, some,
                                                       taken.empty() ? 1 : std::size(some));
    if (count < 0 && taken.empty()) return std::unexpected(KafkaError(rd_kafka_last_error(), "fetch"));
    if (count <= 0) break;
    for (ssize_t i = 0; i < count; ++i) bytes += some[i]->len;
    taken.insert(taken.end(), some, some + count);
  }
  return taken;
}

RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages,
                 EnvelopeOptions envelope_options, std::shared_ptr<void> client) {
  RawBatch batch;
  batch.from = std::move(from);
  batch.begin = begin;
  batch.end = messages.back()->offset + 1;
  for (const rd_kafka_message_t* message : messages)
    batch.packed_records += rd_kafka_message_is_record_batch(message) ? DeclaredRecords(Payload(*message)) : 1;
  batch.packed = std::make_shared<PackedMessages>(std::move(messages), envelope_options, std::move(client));
  return batch;
}

}  // namespace ingot::source
