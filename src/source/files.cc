// Files as a source: one file or all files of a directory, in the order of their names.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "source/file_stream.h"
#include "source/kafka.h"
#include "source/record_split.h"
#include "source/source.h"
#include "storage/location.h"

namespace ingot::source {
namespace {

namespace fs = std::filesystem;

struct Input {
  std::string path;
  PartitionId id;
  int64_t stored_bytes = 0;
};

bool IsInput(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.starts_with('.') || name.starts_with('_')) return false;
  std::string stem = name;
  for (const std::string_view suffix : {".gz", ".zst"})
    if (stem.ends_with(suffix)) stem.resize(stem.size() - suffix.size());
  for (const std::string_view suffix : {".json", ".jsonl", ".ndjson", ".csv"})
    if (stem.ends_with(suffix)) return true;
  return false;
}

bool IsCompressed(const std::string& path) {
  return path.ends_with(".gz") || path.ends_with(".zst");
}

/// The file, or the input files below the directory, in the order of their names.
Result<std::vector<Input>> ListInputs(const std::string& path) {
  std::vector<Input> inputs;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    inputs.push_back({file.string(),
                      {.topic = storage::AbsoluteLocation(file.string()), .partition = 0},
                      int64_t(fs::file_size(file, error))});
  };
  if (!fs::is_directory(path, error)) {
    add(path);
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(path, error))
      if (entry.is_regular_file(error)) {
        if (IsInput(entry.path()))
          add(entry.path());
        else
          LogDebug("not an input file: " + entry.path().string());
      }
    if (error) return Fail(ErrorKind::kRetry, "list " + path + ": " + error.message());
  }
  std::ranges::sort(inputs, {}, &Input::path);
  return inputs;
}

/// Of a compressed file, partition 1 holds how many stored bytes it had when it was read to its end, so that the next
/// run need not decompress it to see that nothing is new.
PartitionId EndMarkOf(const PartitionId& id) {
  return {.topic = id.topic, .partition = 1};
}

class FileSource : public Source {
 public:
  FileSource(std::string path, SourceOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  int64_t BytesLeft() const override { return bytes_left_; }
  bool AtEnd() const override { return next_ >= inputs_.size() && !stream_; }

  Status Seek(const Checkpoint& checkpoint) override {
    positions_ = checkpoint.positions;
    stream_.reset();
    carry_.clear();
    next_ = 0;
    bytes_left_ = 0;
    INGOT_ASSIGN(inputs_, ListInputs(path_));
    // What has been read to its end before is not opened again.
    std::erase_if(inputs_, [&](const Input& input) {
      const auto known = positions_.find(IsCompressed(input.path) ? EndMarkOf(input.id) : input.id);
      return known != positions_.end() && known->second == input.stored_bytes;
    });
    for (const Input& input : inputs_) bytes_left_ += input.stored_bytes;
    return {};
  }

  Result<std::optional<RawBatch>> Next(std::chrono::milliseconds) override {
    while (next_ < inputs_.size() || stream_) {
      if (!stream_) INGOT_TRY(OpenNext());
      if (!stream_) continue;
      INGOT_ASSIGN(auto batch, options_.format == "document" ? ReadDocument() : ReadStretch());
      if (batch) return batch;
      const int64_t stored = stream_->StoredBytesRead();
      stream_.reset();
      carry_.clear();
      if (IsCompressed(current_->path)) return EndMark(stored);
    }
    return std::nullopt;
  }

 private:
  Status OpenNext() {
    const Input& input = inputs_[next_++];
    const auto known = positions_.find(input.id);
    offset_ = known == positions_.end() ? 0 : known->second;
    bytes_left_ -= input.stored_bytes;
    current_ = &input;
    csv_ = {};
    at_end_ = false;
    if (options_.format == "csv" && offset_ > 0) INGOT_TRY(ReadHeaderAgain());
    INGOT_ASSIGN(stream_, FileStream::Open(input.path, offset_));
    return {};
  }

  std::optional<RawBatch> EndMark(int64_t stored_bytes) const {
    const PartitionId id = EndMarkOf(current_->id);
    const auto known = positions_.find(id);
    RawBatch mark;
    mark.from = id;
    mark.begin = known == positions_.end() ? 0 : known->second;
    mark.end = stored_bytes;
    return mark;
  }

  RawBatch BatchHere() const {
    RawBatch batch;
    batch.from = current_->id;
    batch.begin = batch.end = offset_;
    return batch;
  }

  Status ReadHeaderAgain() {
    INGOT_ASSIGN(const auto stream, FileStream::Open(current_->path, 0));
    std::string head;
    while (!csv_.HasHeader()) {
      const size_t before = head.size();
      INGOT_TRY(stream->Read(65536, head));
      csv_.ReadHeader(head, head.size() == before);
    }
    return {};
  }

  /// The next stretch of complete lines or rows, nothing at the end of the file.
  Result<std::optional<RawBatch>> ReadStretch() {
    RawBatch batch = BatchHere();
    batch.bytes = std::exchange(carry_, {});
    size_t used = 0;
    std::string json;
    while (used == 0) {
      const size_t before = batch.bytes.size();
      batch.bytes.reserve(before + size_t(options_.batch_bytes) + kPadding);
      if (!at_end_) INGOT_TRY(stream_->Read(options_.batch_bytes, batch.bytes));
      at_end_ = batch.bytes.size() - before < size_t(options_.batch_bytes);
      if (batch.bytes.empty()) return std::nullopt;
      size_t header = 0;
      if (options_.format == "csv") {
        if (!csv_.HasHeader()) header = csv_.ReadHeader(batch.bytes, at_end_);
        if (csv_.HasHeader())
          used = header + csv_.Split(std::string_view(batch.bytes).substr(header), at_end_, json, batch.records);
        for (RawBatch::Record& record : batch.records) record.offset += int64_t(header);
      } else {
        used = SplitLines(batch.bytes, at_end_, batch.records);
        if (offset_ == 0) SkipByteOrderMark(batch);
      }
      if (used == 0 && int64_t(batch.bytes.size()) > options_.record_bytes_max)
        return Fail(ErrorKind::kBadInput, "file " + current_->path + ": the record at byte " + std::to_string(offset_) +
                                              " is longer than " + std::to_string(options_.record_bytes_max) +
                                              " bytes");
    }
    carry_.assign(batch.bytes, used);
    for (RawBatch::Record& record : batch.records) record.offset += offset_;
    offset_ += int64_t(used);
    batch.end = offset_;
    if (options_.format == "csv")
      batch.bytes = std::move(json);
    else
      batch.bytes.resize(used);
    batch.bytes.append(kPadding, '\0');
    return batch;
  }

  static void SkipByteOrderMark(RawBatch& batch) {
    if (batch.records.empty() || batch.records[0].begin != 0 || !batch.bytes.starts_with("\xEF\xBB\xBF")) return;
    batch.records[0].begin += 3;
    batch.records[0].size -= 3;
    if (batch.records[0].size == 0) batch.records.erase(batch.records.begin());
  }

  Result<std::optional<RawBatch>> ReadDocument() {
    RawBatch batch = BatchHere();
    if (offset_ > 0) return std::nullopt;  // read whole before
    size_t before = 0;
    do {
      before = batch.bytes.size();
      INGOT_TRY(stream_->Read(options_.batch_bytes, batch.bytes));
      if (int64_t(batch.bytes.size()) > options_.record_bytes_max)
        return Fail(ErrorKind::kBadInput, "file " + current_->path + " is longer than " +
                                              std::to_string(options_.record_bytes_max) +
                                              " bytes; one document cannot be");
    } while (batch.bytes.size() > before);
    if (batch.bytes.empty()) return std::nullopt;
    batch.records.push_back({.begin = 0, .size = batch.bytes.size(), .offset = 0});
    offset_ = batch.end = int64_t(batch.bytes.size());
    SkipByteOrderMark(batch);
    batch.bytes.append(kPadding, '\0');
    return batch;
  }

  const std::string path_;
  const SourceOptions options_;
  std::vector<Input> inputs_;
  Positions positions_;
  size_t next_ = 0;
  const Input* current_ = nullptr;
  std::unique_ptr<FileStream> stream_;
  CsvRows csv_;
  std::string carry_;
  int64_t offset_ = 0;
  bool at_end_ = false;
  int64_t bytes_left_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options) {
  if (uri.starts_with("kafka://")) return OpenKafka(uri, options);
  INGOT_ASSIGN(std::string path, storage::LocalPath(uri));
  std::error_code error;
  if (!fs::exists(path, error))
    return Fail(ErrorKind::kNotFound, "source does not exist: " + path +
                                          " (make records with: ingot generate --records 1000 --to " + path + ")");
  return std::make_unique<FileSource>(std::move(path), options);
}

}  // namespace ingot::source
