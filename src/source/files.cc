// Files as a source: one file or all files of a directory, in the order of their names.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "source/file_reader.h"
#include "source/kafka.h"
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
  bool AtEnd() const override { return next_ >= inputs_.size() && !reader_; }

  Status Seek(const Checkpoint& checkpoint) override {
    positions_ = checkpoint.positions;
    reader_.reset();
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
    while (next_ < inputs_.size() || reader_) {
      if (!reader_) INGOT_TRY(OpenNext());
      INGOT_ASSIGN(auto batch, reader_->Next());
      if (batch) return batch;
      const auto read = std::exchange(reader_, nullptr);
      if (IsCompressed(read->Path())) return EndMark(*read);
    }
    return std::nullopt;
  }

 private:
  Status OpenNext() {
    const Input& input = inputs_[next_++];
    const auto known = positions_.find(input.id);
    bytes_left_ -= input.stored_bytes;
    INGOT_ASSIGN(reader_,
                 FileReader::Open(input.path, input.id, known == positions_.end() ? 0 : known->second, options_));
    return {};
  }

  std::optional<RawBatch> EndMark(const FileReader& read) const {
    const PartitionId id = EndMarkOf(read.Id());
    const auto known = positions_.find(id);
    RawBatch mark;
    mark.from = id;
    mark.begin = known == positions_.end() ? 0 : known->second;
    mark.end = read.StoredBytesRead();
    return mark;
  }

  const std::string path_;
  const SourceOptions options_;
  std::vector<Input> inputs_;
  Positions positions_;
  size_t next_ = 0;
  std::unique_ptr<FileReader> reader_;
  int64_t bytes_left_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> OpenSource(const std::string& uri, const SourceOptions& options) {
  if (uri.starts_with("kafka://") && options.format == "csv")
    return Fail(ErrorKind::kBadConfig, "a topic holds no CSV: its records are JSON (format: json)");
  if (uri.starts_with("kafka://")) return OpenKafka(uri, options);
  INGOT_ASSIGN(std::string path, storage::LocalPath(uri));
  std::error_code error;
  if (!fs::exists(path, error))
    return Fail(ErrorKind::kNotFound, "source does not exist: " + path +
                                          " (make records with: ingot generate --records 1000 --to " + path + ")");
  return std::make_unique<FileSource>(std::move(path), options);
}

}  // namespace ingot::source
