// Reads one input file as batches of records: lines, CSV rows, or one whole document.
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
  /// Opens the file of `task`. `final` says that the file will not grow, so that the last line needs no line end.
  /// Errors: kNotFound; kConflict when the content is not what was read before; the errors of FileStream.
  static Result<std::unique_ptr<FileReader>> Open(const InputTask& task, bool final, const SourceOptions& options);

  /// Returns the next batch with the identity of everything read up to its end; nothing when there is no more yet.
  /// Errors: kBadInput for a CSV header that matches no field and for a document that is too long; kCorrupt.
  Result<std::optional<RawBatch>> Next();

  const std::string& Path() const { return path_; }
  const std::string& Location() const { return location_; }
  const FileStream& Stream() const { return *stream_; }
  const PartitionId& Id() const { return id_; }
  /// CSV: the header, if this reader began at the start of the file; otherwise nullptr.
  const CsvRows* NewHeader() const { return new_header_ ? &csv_ : nullptr; }
  /// After the last batch: whether bytes remain that may become a record when more is written.
  bool Waits() const { return waits_; }
  /// The identity that the table should record for the file, and the one that it has recorded.
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
  Status TakeHead(std::string_view head, Rest rest);
  Result<std::optional<RawBatch>> ReadStretch();
  Result<std::optional<RawBatch>> ReadDocument();
  /// Splits the complete records of `batch`. CSV rows are written to `json` as JSON. Returns the bytes used.
  Result<size_t> Split(RawBatch& batch, std::string& json);
  Result<size_t> SplitCsv(RawBatch& batch, std::string& json);
  /// Skips a record that exceeds the limit and whose beginning `batch` holds. Adds a record that reports it. Returns
  /// its size in bytes; 0 while the rest is not written.
  Result<int64_t> SkipTooLong(RawBatch& batch);
  /// Whether a last record without a line end is complete.
  bool AtFinalEnd() const { return at_end_ && final_ && !stream_->Truncated(); }
  Rest RestOfFile() const { return AtFinalEnd() ? Rest::kNone : Rest::kFollows; }
  bool IsWhole(const std::string& document) const;

  const std::string path_, location_;
  const PartitionId id_;
  const SourceOptions& options_;
  const bool final_;
  std::optional<FileIdentity> identity_;
  std::unique_ptr<FileStream> stream_;
  ContentTrace trace_;
  CsvRows csv_;
  bool new_header_ = false;
  int64_t head_bytes_ = 0;  // CSV: the end of the header
  std::string carry_;
  int64_t offset_ = 0;
  bool at_end_ = false;
  bool waits_ = false;
  bool incomplete_ = false;
};

}  // namespace ingot::source
