// Reads one input file as batches of records: lines, rows of CSV, or one whole document.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/csv_rows.h"
#include "source/file_matching.h"
#include "source/file_stream.h"
#include "source/source.h"

namespace ingot::source {

class FileReader {
 public:
  /// `final`: what the file holds now is all that it will hold, so that a last line needs no end.
  /// Errors: kNotFound; kConflict when the content is not what was read before; those of FileStream.
  static Result<std::unique_ptr<FileReader>> Open(const InputTask& task, bool final, const SourceOptions& options);

  /// The next batch, with the identity of what was read up to its end; nothing where there is no more yet. Errors:
  /// kBadInput for a CSV header that fits no field and for a document that is too long; kCorrupt.
  Result<std::optional<RawBatch>> Next();

  const std::string& Path() const { return path_; }
  const std::string& Location() const { return location_; }
  const FileStream& Stream() const { return *stream_; }
  const PartitionId& Id() const { return id_; }
  /// After the last batch: there are bytes behind it that may become a record when more is written.
  bool Waits() const { return waits_; }
  /// What the table should know of the file now, and what it knows before.
  FileChange Change();

 private:
  FileReader(const InputTask& task, bool final, const SourceOptions& options)
      : path_(task.path),
        location_(task.location),
        id_(task.id),
        options_(options),
        final_(final),
        identity_(task.identity),
        csv_(options.csv),
        offset_(task.offset) {}

  Status Begin();
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
  /// A last record without an end is whole.
  bool AtFinalEnd() const { return at_end_ && final_ && !stream_->Truncated(); }
  bool IsWhole(const std::string& document) const;

  const std::string path_, location_;
  const PartitionId id_;
  const SourceOptions& options_;
  const bool final_;
  std::optional<FileIdentity> identity_;
  std::unique_ptr<FileStream> stream_;
  ContentTrace trace_;
  CsvRows csv_;
  int64_t head_bytes_ = 0;  // of CSV: the header ends here
  std::string carry_;
  int64_t offset_ = 0;
  bool at_end_ = false;
  bool waits_ = false;
  bool incomplete_ = false;
};

}  // namespace ingot::source
