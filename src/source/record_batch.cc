#include "source/record_batch.h"

#include <arrow/util/base64.h>
#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/arrow_result.h"
#include "base/big_endian.h"
#include "base/json_text.h"
#include "base/rfc3339.h"

namespace ingot::source {
namespace {

constexpr size_t kHeaderBytes = 61;
constexpr size_t kPlainBytesMax = size_t(1) << 31;  // of one batch; brokers accept no larger one

// Attributes of a batch.
constexpr int kCodecBits = 0x07;
constexpr int kLogAppendTime = 0x08;

int64_t Sum(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) + uint64_t(b));  // the sum may overflow in a damaged batch
}

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(ErrorKind::kCorrupt, std::string(what));
}

/// Reads the fields of records. After a read beyond the end, `ok` is false and the results are empty or 0.
struct Cursor {
  const char* at;
  const char* end;
  bool ok = true;

  uint64_t Unsigned() {
    uint64_t value = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
      const uint8_t byte = uint8_t(*at++);
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok = false;
    return 0;
  }

  /// Zigzag, as in Protocol Buffers.
  int64_t Varint() {
    const uint64_t value = Unsigned();
    return int64_t(value >> 1) ^ -int64_t(value & 1);
  }

  std::string_view Bytes(int64_t size) {
    if (size < 0 || size > end - at) {
      ok = false;
      return {};
    }
    at += size;
    return {at - size, size_t(size)};
  }

  /// Bytes preceded by their size; nothing when the size is -1.
  std::optional<std::string_view> Sized() {
    const int64_t size = Varint();
    if (size == -1) return std::nullopt;
    return Bytes(size);
  }
};

/// A name or value that is not UTF-8 is written in base64, under another key.
void AppendHeader(std::string& json, std::string_view name, std::optional<std::string_view> value) {
  json += json.empty() ? "[{" : ",{";
  if (arrow::util::ValidateUTF8(name)) {
    json += "\"key\":";
    AppendJsonString(json, name);
  } else {
    json += "\"key_base64\":\"" + arrow::util::base64_encode(name) + '"';
  }
  if (!value) {
    json += ",\"value\":null}";
  } else if (arrow::util::ValidateUTF8(*value)) {
    json += ",\"value\":";
    AppendJsonString(json, *value);
    json += '}';
  } else {
    json += ",\"base64\":\"" + arrow::util::base64_encode(*value) + "\"}";
  }
}

/// Returns a record's headers as JSON; "" without headers.
std::string ReadHeaders(Cursor& cursor, bool wanted) {
  std::string json;
  for (int64_t left = cursor.Varint(); left > 0 && cursor.ok; --left) {
    const std::string_view name = cursor.Bytes(cursor.Varint());
    const auto value = cursor.Sized();
    if (wanted && cursor.ok) AppendHeader(json, name, value);
  }
  if (!json.empty()) json += ']';
  return json;
}

}  // namespace

RecordBatchReader::RecordBatchReader(EnvelopeOptions envelope_options) : envelope_options_(envelope_options) {
  arrow::util::InitializeUTF8();
}

int64_t MicrosOf(int64_t millis) {
  return millis < 0 || millis > kTimeMaxMicros / 1000 ? kNoTime : millis * 1000;
}

int64_t DeclaredRecords(std::string_view wire) {
  return wire.size() < kHeaderBytes ? 0 : std::max(0, BigEndian<int32_t>(wire.substr(57)));
}

void AppendRecord(RawBatch::Record record, std::string_view data, const char* end, RawBatch& batch,
                  std::deque<std::string>& buffers) {
  record.size = data.size();
  record.outside = data.data();
  if (size_t(end - data.data()) < data.size() + kPadding) [[unlikely]] {
    std::string& copy = buffers.emplace_back();
    copy.reserve(data.size() + kPadding);
    copy.append(data).append(kPadding, '\0');
    record.outside = copy.data();
  }
  batch.records.push_back(record);
}

Status RecordBatchReader::Read(std::string_view wire, int64_t first, RawBatch& batch,
                               std::deque<std::string>& buffers) {
  if (wire.size() < kHeaderBytes) return Damaged("it is shorter than a header");
  const auto base_offset = BigEndian<int64_t>(wire);
  const auto attributes = BigEndian<int16_t>(wire.substr(21));
  const auto base_millis = BigEndian<int64_t>(wire.substr(27)), max_millis = BigEndian<int64_t>(wire.substr(35));
  const int64_t declared = DeclaredRecords(wire);

  std::string_view plain = wire.substr(kHeaderBytes);
  const char* readable = plain.data() + plain.size();
  if (const int codec = attributes & kCodecBits; codec != 0) {
    std::string& buffer = buffers.emplace_back();
    INGOT_TRY(Decompress(codec, plain, buffer));
    plain = std::string_view(buffer).substr(0, buffer.size() - kPadding);
    readable = buffer.data() + buffer.size();
  }

  Cursor cursor{plain.data(), plain.data() + plain.size()};
  for (int64_t i = 0; i < declared; ++i) {
    const std::string_view body = cursor.Bytes(cursor.Varint());
    if (!cursor.ok) return Damaged("its records end early");
    Cursor fields{body.data(), body.data() + body.size()};
    fields.Bytes(1);  // attributes, none of which is defined
    const int64_t millis = Sum(base_millis, fields.Varint());
    const int64_t offset = Sum(base_offset, fields.Varint());
    const auto key = fields.Sized(), value = fields.Sized();
    std::string headers = ReadHeaders(fields, envelope_options_.headers);
    if (!fields.ok || fields.at != fields.end) return Damaged(fmt::format("record {} of it cannot be read", i));
    if (offset < first) continue;
    AppendRecord({.offset = offset,
                  .produced_at_micros = MicrosOf(attributes & kLogAppendTime ? max_millis : millis),
                  .absent = !value},
                 value.value_or(std::string_view(plain.data(), 0)), readable, batch, buffers);
    if (envelope_options_.key || envelope_options_.headers)
      batch.envelopes.push_back({.key = envelope_options_.key ? key : std::nullopt, .headers = std::move(headers)});
  }
  if (cursor.at != cursor.end) return Damaged("it holds more than its records");
  return {};
}

/// Decompresses into `plain`, and appends kPadding bytes to it.
Status RecordBatchReader::Decompress(int codec, std::string_view packed, std::string& plain) {
  switch (codec) {
    case 1:
      return DecompressStream(arrow::Compression::GZIP, packed, plain);
    case 2:
      return DecompressSnappy(packed, plain);
    case 3:
      return DecompressStream(arrow::Compression::LZ4_FRAME, packed, plain);
    case 4:
      return DecompressStream(arrow::Compression::ZSTD, packed, plain);
    default:
      return Damaged(fmt::format("it is compressed by the unknown codec {}", codec));
  }
}

Status RecordBatchReader::DecompressStream(arrow::Compression::type type, std::string_view packed, std::string& plain) {
  if (decompressor_ && type_ == type) {
    INGOT_ARROW(decompressor_->Reset());
  } else {
    INGOT_ARROW_ASSIGN(const auto codec, arrow::util::Codec::Create(type));
    INGOT_ARROW_ASSIGN(decompressor_, codec->MakeDecompressor());
    type_ = type;
  }
  size_t taken = 0, made = 0;
  size_t room = std::max<size_t>(packed.size() * 4, 1024);
  while (!decompressor_->IsFinished()) {
    arrow::Status outcome;
    plain.resize_and_overwrite(room + kPadding, [&](char* data, size_t) {
      const auto step = decompressor_->Decompress(int64_t(packed.size() - taken),
                                                  reinterpret_cast<const uint8_t*>(packed.data() + taken),
                                                  int64_t(room - made), reinterpret_cast<uint8_t*>(data + made));
      outcome = step.status();
      if (!step.ok()) return made;
      taken += size_t(step->bytes_read);
      made += size_t(step->bytes_written);
      if (step->bytes_read == 0 && step->bytes_written == 0 && made < room)
        outcome = arrow::Status::IOError("it ends early");
      return made;
    });
    if (!outcome.ok()) return Damaged("its compressed records cannot be read: " + outcome.message());
    if (made == room) room *= 2;
    if (room > kPlainBytesMax) return Damaged("its records take more than 2 GiB");
  }
  plain.append(kPadding, '\0');
  return {};
}

/// Decompresses plain Snappy, or the block format of Kafka's Java client.
Status RecordBatchReader::DecompressSnappy(std::string_view packed, std::string& plain) {
  constexpr std::string_view kBlocks("\x82SNAPPY\0", 8);
  INGOT_ARROW_ASSIGN(const auto codec, arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  const auto append = [&](std::string_view block) -> Status {
    Cursor cursor{block.data(), block.data() + block.size()};
    const size_t before = plain.size(), size = cursor.Unsigned();
    if (size > kPlainBytesMax - before) return Damaged("its records take more than 2 GiB");
    arrow::Status outcome;
    plain.resize_and_overwrite(before + size, [&](char* data, size_t) {
      outcome = codec
                    ->Decompress(int64_t(block.size()), reinterpret_cast<const uint8_t*>(block.data()), int64_t(size),
                                 reinterpret_cast<uint8_t*>(data + before))
                    .status();
      return before + size;
    });
    if (!outcome.ok()) return Damaged("its compressed records cannot be read: " + outcome.message());
    return {};
  };
  if (!packed.starts_with(kBlocks)) {
    INGOT_TRY(append(packed));
  } else {
    Cursor cursor{packed.data() + std::min<size_t>(packed.size(), 16), packed.data() + packed.size()};
    while (cursor.at < cursor.end) {
      const std::string_view size = cursor.Bytes(4);
      const std::string_view block = cursor.ok ? cursor.Bytes(BigEndian<int32_t>(size)) : std::string_view();
      if (!cursor.ok) return Damaged("its compressed records end early");
      INGOT_TRY(append(block));
    }
  }
  plain.append(kPadding, '\0');
  return {};
}

}  // namespace ingot::source
