// Batches of raw records with the positions to resume from. What a record means is not known here.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingot::source {

/// A Kafka partition, or a file (its URI, partition 0).
struct PartitionId {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const PartitionId&) const = default;
};

/// The next offset to read of each partition; of a file, the next byte of its uncompressed content.
using Positions = std::map<PartitionId, int64_t>;

/// Bytes that simdjson may read (not use) after the last record.
inline constexpr size_t kPadding = 64;
inline constexpr int64_t kNoTime = INT64_MIN;

/// Consecutive records of one partition: [begin, end) in offsets. Record bytes lie in `bytes`, which ends with kPadding
/// more.
struct RawBatch {
  struct Record {
    size_t begin = 0;  // in `bytes`
    size_t size = 0;
    int64_t offset = 0;
    int64_t produced_at_micros = kNoTime;
  };
  PartitionId from;
  int64_t begin = 0;
  int64_t end = 0;
  std::string bytes;
  std::vector<Record> records;

  std::string_view Bytes(const Record& record) const {
    return std::string_view(bytes).substr(record.begin, record.size);
  }
};

class Source {
 public:
  virtual ~Source() = default;
  /// The next batch, nothing when all that is there now has been read. A batch may be empty of records and still move
  /// the position.
  virtual Result<std::optional<RawBatch>> Next() = 0;
  /// Bytes that are left to read as stored, for progress; 0 when not known.
  virtual int64_t BytesLeft() const = 0;
};

struct SourceOptions {
  std::string format = "json";  // json, document, csv
  int64_t batch_bytes = 8 << 20;
  int64_t record_bytes_max = 256 << 20;  // a longer line ends the run with an error that names it
};

/// `uri`: a file, a directory or file:///path. Reads on from `positions`.
/// Errors: kNotFound; kBadInput when a file is shorter than its position, so that it must have been replaced.
Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const Positions& positions,
                                           const SourceOptions& options);

}  // namespace ingot::source
