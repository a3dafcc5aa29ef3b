#include "source/record_batch.h"

#include <gtest/gtest.h>

namespace ingot::source {
namespace {

void PutBig(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += char(value >> (8 * i));
}

void PutVarint(std::string& out, int64_t value) {
  uint64_t zigzag = (uint64_t(value) << 1) ^ uint64_t(value >> 63);
  for (; zigzag >= 0x80; zigzag >>= 7) out += char(zigzag | 0x80);
  out += char(zigzag);
}

void PutSized(std::string& out, std::optional<std::string_view> text) {
  PutVarint(out, text ? int64_t(text->size()) : -1);
  if (text) out += *text;
}

struct Written {
  int64_t offset = 0;
  int64_t millis = 0;
  std::optional<std::string_view> key, value;
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> headers;
};

constexpr int64_t kBase = 1000, kBaseMillis = 1'700'000'000'000, kMaxMillis = kBaseMillis + 5000;

std::string Records(const std::vector<Written>& records) {
  std::string all;
  for (const Written& record : records) {
    std::string body(1, '\0');
    PutVarint(body, record.millis - kBaseMillis);
    PutVarint(body, record.offset - kBase);
    PutSized(body, record.key);
    PutSized(body, record.value);
    PutVarint(body, int64_t(record.headers.size()));
    for (const auto& [name, value] : record.headers) {
      PutSized(body, name);
      PutSized(body, value);
    }
    PutSized(all, body);
  }
  return all;
}

std::string Wire(std::string_view records, size_t count, int attributes) {
  std::string wire;
  PutBig(wire, uint64_t(kBase), 8);
  PutBig(wire, 49 + records.size(), 4);
  PutBig(wire, 0, 4);  // leader epoch
  wire += '\2';
  PutBig(wire, 0, 4);  // CRC: checked by the client
  PutBig(wire, uint64_t(attributes), 2);
  PutBig(wire, count - 1, 4);
  PutBig(wire, uint64_t(kBaseMillis), 8);
  PutBig(wire, uint64_t(kMaxMillis), 8);
  PutBig(wire, uint64_t(-1), 8);
  PutBig(wire, uint64_t(-1), 2);
  PutBig(wire, uint64_t(-1), 4);
  PutBig(wire, count, 4);
  return wire.append(records);
}

struct Read {
  RawBatch batch;
  std::deque<std::string> buffers;
  Status outcome;
};

Read ReadBatch(std::string_view wire, int64_t first = kBase, EnvelopeOptions envelope_options = {}) {
  Read read;
  RecordBatchReader reader(envelope_options);
  read.outcome = reader.Read(wire, first, read.batch, read.buffers);
  return read;
}

std::string Compressed(arrow::Compression::type type, std::string_view plain) {
  const auto codec = *arrow::util::Codec::Create(type);
  std::string packed(size_t(codec->MaxCompressedLen(int64_t(plain.size()), nullptr)), '\0');
  packed.resize(size_t(*codec->Compress(int64_t(plain.size()), reinterpret_cast<const uint8_t*>(plain.data()),
                                        int64_t(packed.size()), reinterpret_cast<uint8_t*>(packed.data()))));
  return packed;
}

/// Writes the format of snappy-java's output stream, which Kafka's Java clients use.
std::string SnappyBlocks(std::string_view plain) {
  std::string packed("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
  for (; !plain.empty(); plain.remove_prefix(std::min<size_t>(plain.size(), 32'768))) {
    const std::string block = Compressed(arrow::Compression::SNAPPY, plain.substr(0, 32'768));
    PutBig(packed, block.size(), 4);
    packed += block;
  }
  return packed;
}

/// The bytes in each of Kafka's codecs, by its number, and uncompressed.
std::vector<std::pair<int, std::string>> Forms(const std::string& plain) {
  return {{0, plain},
          {1, Compressed(arrow::Compression::GZIP, plain)},
          {2, Compressed(arrow::Compression::SNAPPY, plain)},
          {2, SnappyBlocks(plain)},
          {3, Compressed(arrow::Compression::LZ4_FRAME, plain)},
          {4, Compressed(arrow::Compression::ZSTD, plain)}};
}

const std::vector<Written> kRecords{
    {1000,
     kBaseMillis,
     "k0",
     "{\"a\":1}",
     {{"trace", "abc"}, {"raw", "\xff\1"}, {"none", std::nullopt}, {"\xfe", "x"}}},
    {1001, kBaseMillis + 7, std::nullopt, std::nullopt, {}},
    {1005, kBaseMillis - 3, "", "", {}},
};

// Goal:   offsets, times, values, keys and headers are read as they were written.
// Method: all forms of each, gaps, a later start.
TEST(RecordBatch, Fields) {
  const std::string wire = Wire(Records(kRecords), 3, 0);
  EXPECT_EQ(DeclaredRecords(wire), 3);
  Read all = ReadBatch(wire, kBase, {.key = true, .headers = true});
  ASSERT_TRUE(all.outcome) << all.outcome.error().message;
  ASSERT_EQ(all.batch.records.size(), 3u);
  ASSERT_EQ(all.batch.envelopes.size(), 3u);
  EXPECT_EQ(all.batch.Bytes(all.batch.records[0]), "{\"a\":1}");
  EXPECT_EQ(all.batch.records[0].produced_at_micros, kBaseMillis * 1000);
  EXPECT_EQ(all.batch.envelopes[0].key, "k0");
  EXPECT_EQ(
      all.batch.envelopes[0].headers,
      R"([{"key":"trace","value":"abc"},{"key":"raw","base64":"/wE="},{"key":"none","value":null},{"key_base64":"/g==","value":"x"}])");
  EXPECT_TRUE(all.batch.records[1].absent);
  EXPECT_FALSE(all.batch.envelopes[1].key);
  EXPECT_EQ(all.batch.envelopes[1].headers, "");
  EXPECT_FALSE(all.batch.records[2].absent);
  EXPECT_EQ(all.batch.records[2].size, 0u);
  EXPECT_EQ(all.batch.records[2].offset, 1005);
  EXPECT_EQ(all.batch.records[2].produced_at_micros, (kBaseMillis - 3) * 1000);
  EXPECT_EQ(all.batch.envelopes[2].key, "");

  const Read later = ReadBatch(wire, 1001);
  ASSERT_EQ(later.batch.records.size(), 2u);
  EXPECT_EQ(later.batch.records[0].offset, 1001);
  EXPECT_TRUE(later.batch.envelopes.empty());
}

// Goal:   when the broker sets the time, all records have it.
// Method: the attribute LogAppendTime; no time at all; a time beyond the range of microseconds.
TEST(RecordBatch, Times) {
  const Read appended = ReadBatch(Wire(Records(kRecords), 3, 0x08));
  for (const auto& record : appended.batch.records) EXPECT_EQ(record.produced_at_micros, kMaxMillis * 1000);
  const Read none = ReadBatch(Wire(Records({{1000, -1, {}, "x", {}}}), 1, 0));
  EXPECT_EQ(none.batch.records.at(0).produced_at_micros, kNoTime);
  const Read far = ReadBatch(Wire(Records({{1000, INT64_MAX / 2, {}, "x", {}}}), 1, 0));
  EXPECT_EQ(far.batch.records.at(0).produced_at_micros, kNoTime);
}

// Goal:   every codec is read, also in the forms of Kafka's own client.
// Method: more records than the first estimate has room for, read beyond the last one as the parser does (the address
//         sanitizer checks it).
TEST(RecordBatch, Codecs) {
  std::vector<std::string> values;
  std::vector<Written> written;
  for (int i = 0; i < 5000; ++i)
    values.push_back("{\"n\":" + std::to_string(i) + ",\"text\":\"" + std::string(60, 'x'));
  for (int i = 0; i < 5000; ++i) written.push_back({kBase + i, kBaseMillis + i, std::nullopt, values[size_t(i)], {}});
  const std::string plain = Records(written);
  for (const auto& [codec, packed] : Forms(plain)) {
    const std::string wire = Wire(packed, 5000, codec);
    const Read read = ReadBatch(wire);
    ASSERT_TRUE(read.outcome) << codec << read.outcome.error().message;
    ASSERT_EQ(read.batch.records.size(), 5000u) << codec;
    int sum = 0;
    for (size_t i = 0; i < 5000; ++i) {
      ASSERT_EQ(read.batch.Bytes(read.batch.records[i]), values[i]) << codec;
      const char* end = read.batch.Data(read.batch.records[i]) + read.batch.records[i].size;
      for (size_t beyond = 0; beyond < kPadding; ++beyond) sum += end[beyond];
    }
    EXPECT_NE(sum, 0);
  }
}

// Goal:   a damaged batch is an error or gives other records, but never a crash or an out-of-bounds read.
// Method: every cut of every form must fail; every byte changed; false headers.
TEST(RecordBatch, Damage) {
  const std::string plain = Records(kRecords);
  for (const auto& [codec, packed] : Forms(plain)) {
    const std::string wire = Wire(packed, 3, codec);
    for (size_t size = 0; size < wire.size(); ++size) {
      const std::string cut(wire, 0, size);
      const Read read = ReadBatch(cut);
      // The checksum at the end of a frame may be missing: the records are complete.
      EXPECT_TRUE(!read.outcome || read.batch.records.size() == 3) << codec << " " << size;
    }
    for (size_t at = 0; at < wire.size(); ++at)
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        std::string changed = wire;
        changed[at] = char(changed[at] ^ flip);
        (void)ReadBatch(changed, kBase, {.key = true, .headers = true});
      }
  }
  for (const std::string& lie : {Wire(plain, 2, 0), Wire(plain, 4, 0), Wire(plain, size_t(INT32_MAX), 0),
                                 Wire(plain, 3, 5), Wire(plain + "x", 3, 0)})
    EXPECT_EQ(ReadBatch(lie).outcome.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace ingot::source
