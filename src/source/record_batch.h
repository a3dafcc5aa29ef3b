// Reads Kafka's record batches in wire format. Source: Kafka protocol guide, "Record Batch" (magic 2, KIP-98).
#pragma once

#include <arrow/util/compression.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "source/source.h"

namespace ingot::source {

struct EnvelopeOptions {
  bool key = false;
  bool headers = false;
};

/// Converts a Kafka timestamp to microseconds. Returns kNoTime for no timestamp and for one after the year 9999, which
/// tables should not hold.
int64_t MicrosOf(int64_t millis);

/// Returns the number of records that the header declares; 0 for an incomplete header.
int64_t DeclaredRecords(std::string_view wire);

/// Unpacks batches into records. For one thread at a time.
class RecordBatchReader {
 public:
  explicit RecordBatchReader(EnvelopeOptions envelope_options);

  /// Appends the records of a complete batch (header and records) whose offsets are at least `first`. The records are
  /// views into `wire` or `buffers`. Errors: kCorrupt.
  Status Read(std::string_view wire, int64_t first, RawBatch& batch, std::deque<std::string>& buffers);

 private:
  Status Decompress(int codec, std::string_view packed, std::string& plain);
  Status DecompressStream(arrow::Compression::type type, std::string_view packed, std::string& plain);
  Status DecompressSnappy(std::string_view packed, std::string& plain);

  const EnvelopeOptions envelope_options_;
  arrow::Compression::type type_ = arrow::Compression::UNCOMPRESSED;  // of decompressor_
  std::shared_ptr<arrow::util::Decompressor> decompressor_;
};

/// Appends a record of `data`. Copies it into `buffers` when fewer than kPadding bytes follow before `end`, because
/// simdjson may read that many bytes beyond the record.
void AppendRecord(RawBatch::Record record, std::string_view data, const char* end, RawBatch& batch,
                  std::deque<std::string>& buffers);

}  // namespace ingot::source
