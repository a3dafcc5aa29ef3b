#include "source/kafka_batch.h"

#include <arrow/util/base64.h>
#include <arrow/util/utf8.h>
#include <rdkafka.h>

#include "base/json_text.h"

namespace ingot::source {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMayReadBeyond = false;
#else
constexpr bool kMayReadBeyond = true;
#endif

struct Messages {
  std::vector<rd_kafka_message_t*> list;
  std::shared_ptr<SpentMessages> spent;
  ~Messages() { spent->Add(std::move(list)); }
};

/// Whether the bytes after the record can be read, whatever they are: a page is readable as a whole. This is what the
/// simdjson manual proposes in place of a copy into a padded buffer.
bool PaddedWhereItLies(const void* data, size_t size) {
  constexpr uintptr_t kPage = 4096;
  return kMayReadBeyond && ((reinterpret_cast<uintptr_t>(data) + size) & (kPage - 1)) + kPadding <= kPage &&
         ((reinterpret_cast<uintptr_t>(data) + size) & (kPage - 1)) != 0;
}

std::string HeadersJson(const rd_kafka_message_t* message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  std::string json = "[";
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    json += i == 0 ? "{\"key\":" : ",{\"key\":";
    AppendJsonString(json, name);
    const std::string_view bytes(static_cast<const char*>(value), value == nullptr ? 0 : size);
    if (value == nullptr) {
      json += ",\"value\":null}";
    } else if (arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(bytes.data()), int64_t(bytes.size()))) {
      json += ",\"value\":";
      AppendJsonString(json, bytes);
      json += '}';
    } else {
      json += ",\"base64\":\"" + arrow::util::base64_encode(bytes) + "\"}";
    }
  }
  return json + "]";
}

}  // namespace

void SpentMessages::Add(std::vector<rd_kafka_message_t*> messages) {
  std::lock_guard lock(mutex_);
  lists_.push_back(std::move(messages));
}

void SpentMessages::Free() {
  std::vector<std::vector<rd_kafka_message_t*>> lists;
  {
    std::lock_guard lock(mutex_);
    lists.swap(lists_);
  }
  for (const auto& messages : lists)
    for (rd_kafka_message_t* message : messages) rd_kafka_message_destroy(message);
}

RawBatch BatchOf(PartitionId from, int64_t begin, std::vector<rd_kafka_message_t*> messages, EnvelopeWishes wishes,
                 std::shared_ptr<SpentMessages> spent) {
  arrow::util::InitializeUTF8();
  RawBatch batch{.from = std::move(from),
                 .begin = begin,
                 .end = messages.back()->offset + 1,
                 .bytes = {},
                 .records = {},
                 .envelopes = {},
                 .owner = {}};
  batch.records.reserve(messages.size());
  for (const rd_kafka_message_t* message : messages) {
    const int64_t millis = rd_kafka_message_timestamp(message, nullptr);
    RawBatch::Record record{.begin = batch.bytes.size(),
                            .size = message->len,
                            .offset = message->offset,
                            .produced_at_micros = millis < 0 ? kNoTime : millis * 1000,
                            .outside = nullptr,
                            .absent = message->payload == nullptr};
    if (!record.absent && PaddedWhereItLies(message->payload, message->len))
      record.outside = static_cast<const char*>(message->payload);
    else
      batch.bytes.append(static_cast<const char*>(message->payload), message->len);
    batch.records.push_back(record);
    if (!wishes.key && !wishes.headers) continue;
    RawBatch::Envelope envelope;
    if (wishes.key && message->key != nullptr)
      envelope.key = std::string_view(static_cast<const char*>(message->key), message->key_len);
    if (wishes.headers) envelope.headers = HeadersJson(message);
    batch.envelopes.push_back(std::move(envelope));
  }
  batch.bytes.append(kPadding, '\0');
  auto owner = std::make_shared<Messages>();
  owner->list = std::move(messages);
  owner->spent = std::move(spent);
  batch.owner = std::move(owner);
  return batch;
}

}  // namespace ingot::source
