// Kafka's record batches as they come from the broker. Source: Kafka protocol guide, "Record Batch" (magic 2, KIP-98).
#pragma once

#include <arrow/util/compression.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "source/source.h"

namespace ingot::source {

struct EnvelopeWishes {
  bool key = false;
  bool headers = false;
};

/// Of a Kafka timestamp; kNoTime for none, and for one beyond the year 9999, which no table
/// should hold.
int64_t MicrosOf(int64_t millis);

/// How many records the header tells of; 0 for less than a header.
int64_t RecordsTold(std::string_view wire);

/// Unpacks batches into records. Used by one thread at a time.
class RecordBatchReader {
 public:
  explicit RecordBatchReader(EnvelopeWishes wishes);

  /// Appends the records of a whole batch (header and records) whose offsets are at least `first`. They lie in `wire`
  /// or in `buffers`. Errors: kCorrupt.
  Status Read(std::string_view wire, int64_t first, RawBatch& batch, std::deque<std::string>& buffers);

 private:
  Status Decompress(int codec, std::string_view packed, std::string& plain);
  Status DecompressStream(arrow::Compression::type type, std::string_view packed, std::string& plain);
  Status DecompressSnappy(std::string_view packed, std::string& plain);

  const EnvelopeWishes wishes_;
  arrow::Compression::type type_ = arrow::Compression::UNCOMPRESSED;  // of decompressor_
  std::shared_ptr<arrow::util::Decompressor> decompressor_;
};

/// Appends a record of `data` that lies in memory of unknown neighbours: it is copied into `buffers` where simdjson
/// could not read beyond it, that is where fewer than kPadding bytes follow before `end`.
void AppendRecord(RawBatch::Record record, std::string_view data, const char* end, RawBatch& batch,
                  std::deque<std::string>& buffers);

}  // namespace ingot::source
