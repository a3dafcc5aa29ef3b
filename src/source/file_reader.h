// Reads one input file as batches of records: lines, rows of CSV, or one whole document.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/file_stream.h"
#include "source/record_split.h"
#include "source/source.h"

namespace ingot::source {

class FileReader {
 public:
  /// Begins at `offset` of the uncompressed content; batches are those of the partition `id`. Errors: those of
  /// FileStream::Open.
  static Result<std::unique_ptr<FileReader>> Open(const std::string& path, PartitionId id, int64_t offset,
                                                  const SourceOptions& options);

  /// The next batch, nothing at the end of the file. Errors: kBadInput for a record that is too long; kCorrupt.
  Result<std::optional<RawBatch>> Next();

  const PartitionId& Id() const { return id_; }
  const std::string& Path() const { return path_; }
  /// Bytes of the file as stored that have been read.
  int64_t StoredBytesRead() const { return stream_->StoredBytesRead(); }

 private:
  FileReader(std::string path, PartitionId id, int64_t offset, const SourceOptions& options)
      : path_(std::move(path)), id_(std::move(id)), options_(options), offset_(offset) {}

  RawBatch BatchHere() const;
  Status ReadHeaderAgain();
  Result<std::optional<RawBatch>> ReadStretch();
  Result<std::optional<RawBatch>> ReadDocument();
  /// The records that `batch` holds whole; rows of CSV are written to `json`. Returns the bytes used.
  size_t Split(RawBatch& batch, std::string& json);
  size_t SplitCsv(RawBatch& batch, std::string& json);

  const std::string path_;
  const PartitionId id_;
  const SourceOptions& options_;
  std::unique_ptr<FileStream> stream_;
  CsvRows csv_;
  std::string carry_;
  int64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace ingot::source
