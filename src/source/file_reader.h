// Reads one input file as batches of records: lines, rows of CSV, or one whole document.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/csv_rows.h"
#include "source/file_stream.h"
#include "source/source.h"

namespace ingot::source {

class FileReader {
 public:
  /// Begins at `offset` of the uncompressed content; batches are those of the partition `id`. Errors: those of
  /// FileStream::Open.
  static Result<std::unique_ptr<FileReader>> Open(const std::string& path, PartitionId id, int64_t offset,
                                                  const SourceOptions& options);

  /// The next batch, nothing at the end of the file. Errors: kBadInput for a CSV header that fits no field and for a
  /// document that is too long; kCorrupt.
  Result<std::optional<RawBatch>> Next();

  const PartitionId& Id() const { return id_; }
  const std::string& Path() const { return path_; }
  /// Bytes of the file as stored that have been read.
  int64_t StoredBytesRead() const { return stream_->StoredBytesRead(); }

 private:
  FileReader(std::string path, PartitionId id, int64_t offset, const SourceOptions& options)
      : path_(std::move(path)), id_(std::move(id)), options_(options), csv_(options.csv), offset_(offset) {}

  RawBatch BatchHere() const;
  Status ReadHeadAgain();
  Status TakeHead(std::string_view head, bool at_end);
  Result<std::optional<RawBatch>> ReadStretch();
  Result<std::optional<RawBatch>> ReadDocument();
  /// The records that `batch` holds whole; rows of CSV are written to `json`. Returns the bytes used.
  Result<size_t> Split(RawBatch& batch, std::string& json);
  Result<size_t> SplitCsv(RawBatch& batch, std::string& json);
  /// A record that is longer than may be, of which `batch` holds the beginning, as one that says so. Returns its bytes.
  Result<int64_t> SkipTooLong(RawBatch& batch);

  const std::string path_;
  const PartitionId id_;
  const SourceOptions& options_;
  std::unique_ptr<FileStream> stream_;
  CsvRows csv_;
  int64_t head_bytes_ = 0;  // of CSV: the header ends here
  std::string carry_;
  int64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace ingot::source
