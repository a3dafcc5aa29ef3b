// Batches of raw records with the positions to resume from. A source does not interpret records.
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

/// A Kafka partition, or the content of a file. For a file, the topic is the location where it was first read, and
/// partition 2n is its content after n changes.
struct PartitionId {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const PartitionId&) const = default;
};

/// The next offset to read of each partition. For a file, it is the next byte of its uncompressed content.
using Positions = std::map<PartitionId, int64_t>;

/// The identity of a topic: a topic that was deleted and recreated has another id. Empty for files.
struct TopicIdentity {
  std::string cluster_id;
  std::string topic_id;
  bool operator==(const TopicIdentity&) const = default;
};

/// The position of a table: everything that has been ingested.
struct Checkpoint {
  Positions positions;
  std::map<std::string, TopicIdentity> topics;
  std::map<PartitionId, FileIdentity> files = {};  // each covers the bytes before the position
  bool operator==(const Checkpoint&) const = default;
};

/// A partition that resumes at an offset other than the table's, by the operator's choice. The records between the two
/// no longer exist.
struct OffsetReset {
  PartitionId id;
  int64_t from = 0;
  int64_t to = 0;
  std::string reason;
};

/// A new identity of a file. It may be committed only if the table still has `before`.
struct FileChange {
  PartitionId id;
  std::optional<FileIdentity> before;
  FileIdentity now;
};

/// The number of bytes after the last record that simdjson may read but does not use.
inline constexpr size_t kPadding = 64;
inline constexpr int64_t kNoTime = INT64_MIN;

/// Consecutive records of one partition: [begin, end) in offsets.
struct RawBatch {
  struct Record {
    size_t begin = 0;  // offset in `bytes`, unless `outside` is set
    size_t size = 0;
    int64_t offset = 0;
    int64_t produced_at_micros = kNoTime;
    const char* outside = nullptr;  // the record in memory that `packed` keeps alive; kPadding more bytes may be read
    bool absent = false;            // a Kafka record without a value (tombstone)
  };
  /// The metadata of a Kafka record, where requested.
  struct Envelope {
    std::optional<std::string_view> key;
    std::string headers;  // JSON: [{"key": …, "value": …}]; empty without headers
  };
  /// Records in wire format, so that another thread can unpack them.
  class Packed {
   public:
    virtual ~Packed() = default;
    /// Fills the records and envelopes of its batch. Errors: kCorrupt.
    virtual Status Unpack(RawBatch& batch) = 0;
  };
  /// The input from which a record in `bytes` was converted, e.g. a CSV row that became JSON.
  struct Original {
    size_t begin = 0;  // offset in `original_bytes`
    size_t size = 0;
    std::string problem;  // why it was not converted; otherwise empty
  };
  PartitionId from;
  int64_t begin = 0;
  int64_t end = 0;
  std::string bytes;  // includes kPadding bytes after the records
  std::vector<Record> records;
  std::vector<Envelope> envelopes;  // one per record, or none at all
  std::vector<Original> originals;  // one per record, or none at all: then records are unchanged input
  std::string original_bytes;
  std::shared_ptr<const std::string> csv_layout;  // of CSV: how its rows are read (csv_layout.h)
  std::shared_ptr<Packed> packed;
  int64_t packed_records = 0;      // upper bound
  std::optional<FileChange> file;  // for files: what was read up to `end`

  /// Unpacks the records. Must be called before they are read.
  Status Unpack() { return packed ? packed->Unpack(*this) : Status(); }
  /// The number of records; an upper bound before a packed batch is unpacked.
  int64_t Size() const { return records.empty() ? packed_records : int64_t(records.size()); }
  const char* Data(const Record& record) const {
    return record.outside != nullptr ? record.outside : bytes.data() + record.begin;
  }
  std::string_view Bytes(const Record& record) const { return {Data(record), record.size}; }
  /// The bytes of record `i` as they were in the source.
  std::string_view OriginalBytes(size_t i) const {
    if (originals.empty()) return Bytes(records[i]);
    return std::string_view(original_bytes).substr(originals[i].begin, originals[i].size);
  }
};

/// Something unusual about the inputs, which were read as far as they could be.
struct InputWarning {
  enum class Kind {
    kNoInputFiles,   // the folder has no file with a known name
    kUnknownHeader,  // a header without any declared field: the file is also one of the failures
    kMissingColumn   // a header without a declared field
  };
  Kind kind = Kind::kNoInputFiles;
  std::string subject;  // kMissingColumn: the name of the column; kUnknownHeader: the file
  std::string message;
};

/// A source of batches. For one thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  /// Starts or restarts at the table's checkpoint, and relists files. A partition that is not in the checkpoint starts
  /// at its first record. Must be called before Next, and after Next when Interrupted.
  /// Errors: kBadInput when the records after a position no longer exist or the topic is another one, and the options
  ///   do not say how to continue.
  virtual Status Seek(const Checkpoint& checkpoint) = 0;
  /// Returns the next batch; nothing when none arrived within `wait`. A batch may have no records and still advance the
  /// position.
  virtual Result<std::optional<RawBatch>> Next(std::chrono::milliseconds wait) = 0;
  /// Whether everything that existed at Seek has been read. Always false for a followed source.
  virtual bool AtEnd() const = 0;
  /// Partitions are being assigned or revoked: the caller should commit what was read, then call Seek.
  virtual bool Interrupted() const { return false; }
  /// The offsets that Seek skipped or rewound, to be recorded with the next commit.
  virtual std::vector<OffsetReset> Resets() const { return {}; }
  /// The topics that are being read. A partition of a topic may begin at any offset; any other partition begins at 0.
  virtual std::map<std::string, TopicIdentity> Topics() const { return {}; }
  /// The new identities of known files that Seek found, to be recorded with the next commit. If CommitFilesFound, they
  /// need a commit of their own.
  virtual std::vector<FileChange> FilesFound() { return {}; }
  virtual bool CommitFilesFound() const { return false; }
  /// Since Seek, for a source that is not followed: the inputs that could not be read, and the remedies.
  virtual std::vector<std::string> Failures() const { return {}; }
  /// Since Seek. What is still true is repeated after each Seek.
  virtual std::vector<InputWarning> Warnings() const { return {}; }
  /// Reports the table's positions, so that consumer-group tools show them.
  virtual void Committed(const Positions&) {}
  /// Stored bytes that remain to be read, for progress; 0 when unknown.
  virtual int64_t BytesLeft() const { return 0; }
  /// The number of records behind the newest; 0 when unknown.
  virtual int64_t RecordsBehind() const { return 0; }
};

/// What to do when the records after a position no longer exist, or their topic was recreated.
enum class OnReset { kFail, kEarliest, kLatest };

struct CsvOptions {
  char delimiter = ',';
  char quote = '"';                // 0: quotes are text
  bool multiline = true;           // quoted cells may hold line ends
  std::string encoding = "utf-8";  // latin-1, windows-1252, utf-16, utf-16le, utf-16be; a byte order mark overrides it
  std::vector<std::string> names;  // column names; empty: the first row holds them
  std::vector<std::vector<std::string>> fields;  // the columns from which each field is read
};
/// What to do with a file whose content does not continue what was read under its name. kFail skips it and fails at the
/// end. kReread reads it from its start as new records. kSkip skips it.
enum class OnChanged { kFail, kReread, kSkip };

struct SourceOptions {
  std::string format = "json";  // json, document, csv
  CsvOptions csv;
  int64_t batch_bytes = 4 << 20;
  int64_t record_bytes_max = 256 << 20;  // a longer line is truncated; a longer document is an error
  OnChanged on_changed = OnChanged::kFail;
  std::chrono::microseconds idle{30'000'000};  // a followed file that was not written for this long is complete
  // For Kafka:
  std::map<std::string, std::string> kafka;  // more settings by librdkafka's names, e.g. security.protocol
  bool follow = false;                       // continue with new records; share partitions with the group's members
  std::string group = "ingot";
  OnReset on_reset = OnReset::kFail;
  bool keep_key = false;
  bool keep_headers = false;
  int64_t memory_bytes = int64_t(128) << 20;  // for prefetched records; a full queue stops fetching
};

/// Whether the URI names a Kafka topic: kafka://…
bool IsKafkaUri(std::string_view uri);

/// The forms of source URIs, for help.
std::string SourceForms();

/// Opens a source.
/// Input:  `uri` is a file, a directory, file:///path, or kafka://host:port[,host:port]/topic[?setting=value&…].
/// Errors: kNotFound.
Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options);

}  // namespace ingot::source
