// Batches of raw records with the positions to resume from. What a record means is not known here.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "source/file_identity.h"

namespace ingot::source {

/// A Kafka partition, or the content of a file: the key of where it was first read, partition 2n after n changes of it.
struct PartitionId {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const PartitionId&) const = default;
};

/// The next offset to read of each partition; of a file, the next byte of its uncompressed content.
using Positions = std::map<PartitionId, int64_t>;

/// Which topic of that name: a topic that was deleted and made again has another id. Empty for files.
struct TopicIdentity {
  std::string cluster_id;
  std::string topic_id;
  bool operator==(const TopicIdentity&) const = default;
};

/// Where a table is: all that has been ingested.
struct Checkpoint {
  Positions positions;
  std::map<std::string, TopicIdentity> topics;
  std::map<PartitionId, FileIdentity> files = {};  // each is of what lies before the position
  bool operator==(const Checkpoint&) const = default;
};

/// A partition that goes on elsewhere than where the table is, because the operator chose so: what lies between is
/// gone.
struct OffsetReset {
  PartitionId id;
  int64_t from = 0;
  int64_t to = 0;
  std::string reason;
};

/// What is known of a file from now on; it may be committed only where the table still knows `before`.
struct FileChange {
  PartitionId id;
  std::optional<FileIdentity> before;
  FileIdentity now;
};

/// Bytes that simdjson may read (not use) after the last record.
inline constexpr size_t kPadding = 64;
inline constexpr int64_t kNoTime = INT64_MIN;

/// Consecutive records of one partition: [begin, end) in offsets.
struct RawBatch {
  struct Record {
    size_t begin = 0;  // in `bytes`, unless
    size_t size = 0;
    int64_t offset = 0;
    int64_t produced_at_micros = kNoTime;
    const char* outside = nullptr;  // it lies here, in memory that `packed` keeps; kPadding more bytes may be read
    bool absent = false;            // a Kafka record without a value (tombstone)
  };
  /// What comes with a Kafka record, where asked for.
  struct Envelope {
    std::optional<std::string_view> key;
    std::string headers;  // JSON: [{"key": …, "value": …}]; empty for none
  };
  /// Records as they came, for a thread that has the time to unpack them.
  class Packed {
   public:
    virtual ~Packed() = default;
    /// Fills the records and envelopes of its batch. Errors: kCorrupt.
    virtual Status Unpack(RawBatch& batch) = 0;
  };
  /// What a record was before it became what `bytes` holds, e.g. a row of CSV that became JSON.
  struct Original {
    size_t begin = 0;  // in `original_bytes`
    size_t size = 0;
    std::string problem;  // why it became nothing; empty when it did
  };
  PartitionId from;
  int64_t begin = 0;
  int64_t end = 0;
  std::string bytes;  // ends with kPadding more than the records
  std::vector<Record> records;
  std::vector<Envelope> envelopes;  // one a record, or none at all
  std::vector<Original> originals;  // one a record, or none at all: then a record is what it was
  std::string original_bytes;
  std::shared_ptr<Packed> packed;
  int64_t packed_records = 0;      // at most
  std::optional<FileChange> file;  // of files: what has been read up to `end`

  /// To be called before the records are looked at.
  Status Unpack() { return packed ? packed->Unpack(*this) : Status(); }
  /// How many records there are; before a packed batch is unpacked, at most.
  int64_t Size() const { return records.empty() ? packed_records : int64_t(records.size()); }
  const char* Data(const Record& record) const {
    return record.outside != nullptr ? record.outside : bytes.data() + record.begin;
  }
  std::string_view Bytes(const Record& record) const { return {Data(record), record.size}; }
  /// As it came.
  std::string_view OriginalBytes(size_t i) const {
    if (originals.empty()) return Bytes(records[i]);
    return std::string_view(original_bytes).substr(originals[i].begin, originals[i].size);
  }
};

/// Used by one thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  /// Begins, or begins again, at what the table has; files are listed anew. A partition that it does not name begins at
  /// its first record. Must be called before Next, and after Next when Interrupted.
  /// Errors: kBadInput when the records after a position are gone, or the topic is another one, and the options do not
  /// say how to go on.
  virtual Status Seek(const Checkpoint& checkpoint) = 0;
  /// The next batch; nothing when none came within `wait`. A batch may be empty of records and still move the position.
  virtual Result<std::optional<RawBatch>> Next(std::chrono::milliseconds wait) = 0;
  /// All that was there at Seek has been read. Never, for a source that is followed.
  virtual bool AtEnd() const = 0;
  /// Partitions come or go: what has been read should be committed, then Seek called.
  virtual bool Interrupted() const { return false; }
  /// What Seek had to skip or rewind, to be recorded with the next commit.
  virtual std::vector<OffsetReset> Resets() const { return {}; }
  /// The topics that are read now.
  virtual std::map<std::string, TopicIdentity> Topics() const { return {}; }
  /// What Seek found out about files that were read before, to be recorded with the next commit; with one of its own if
  /// CommitFilesFound.
  virtual std::vector<FileChange> FilesFound() { return {}; }
  virtual bool CommitFilesFound() const { return false; }
  /// Since Seek, of a source that is not followed: what could not be read, and what to do about it.
  virtual std::vector<std::string> Failures() const { return {}; }
  /// Tells that the table is here now: consumer groups show it to those who watch them.
  virtual void Committed(const Positions&) {}
  /// Bytes that are left to read as stored, for progress; 0 when not known.
  virtual int64_t BytesLeft() const { return 0; }
  /// Records behind the newest; 0 when not known.
  virtual int64_t RecordsBehind() const { return 0; }
};

/// What to do where the records after a position are gone, or their topic was made anew.
enum class OnReset { kFail, kEarliest, kLatest };

struct CsvOptions {
  char delimiter = ',';
  char quote = '"';                // 0: quotes are text
  bool multiline = true;           // cells in quotes may hold line ends
  std::string encoding = "utf-8";  // latin-1, windows-1252, utf-16, utf-16le, utf-16be; a byte order mark overrules it
  std::vector<std::string> names;  // of the columns; none: the first row holds them
  std::vector<std::vector<std::string>> fields;  // the columns that each field is read from
};
/// What to do with a file whose content is no continuation of what was read under its name: leave it and fail in the
/// end, read it from its start as new records, or leave it.
enum class OnChanged { kFail, kReread, kSkip };

struct SourceOptions {
  std::string format = "json";  // json, document, csv
  CsvOptions csv;
  int64_t batch_bytes = 4 << 20;
  int64_t record_bytes_max = 256 << 20;  // of a longer line the beginning is kept; a longer document is an error
  OnChanged on_changed = OnChanged::kFail;
  std::chrono::microseconds idle{30'000'000};  // a followed file that is not written to for so long is complete
  // Of Kafka:
  std::map<std::string, std::string> kafka;  // further settings by librdkafka's names, e.g. security.protocol
  bool follow = false;                       // go on with new records; share partitions with the group's other members
  std::string group = "ingot";
  OnReset on_reset = OnReset::kFail;
  bool keep_key = false;
  bool keep_headers = false;
  int64_t memory_bytes = int64_t(128) << 20;  // of records fetched ahead; a full queue stops fetching
};

/// `uri`: a file, a directory, file:///path, or kafka://host:port[,host:port]/topic[?setting=value&…].
/// Errors: kNotFound.
Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options);

}  // namespace ingot::source
