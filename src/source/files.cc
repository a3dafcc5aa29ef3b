#include "source/files.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "source/file_matching.h"
#include "source/file_reader.h"
#include "source/input_warnings.h"
#include "storage/location.h"

namespace ingot::source {
namespace {

using Steady = std::chrono::steady_clock;

/// Stored bytes of a file that remain to be read. The position in a compressed file is unknown, so all its bytes count.
int64_t BytesLeftOf(const InputTask& task) {
  const bool compressed = task.identity && task.identity->compressed;
  return std::max<int64_t>(0, task.stat.stored_bytes - (compressed ? 0 : task.offset));
}

class FileSource : public Source {
 public:
  FileSource(std::string path, SourceOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  int64_t BytesLeft() const override { return bytes_left_; }
  bool AtEnd() const override { return matches_.marks.empty() && tasks_.empty() && !reader_; }
  std::vector<FileChange> FilesFound() override { return std::exchange(matches_.found, {}); }
  bool CommitFilesFound() const override { return matches_.commit_found; }
  std::vector<std::string> Failures() const override { return failures_; }
  std::vector<InputWarning> Warnings() const override {
    std::vector<InputWarning> warnings = headers_.All();
    if (names_) warnings.push_back(*names_);
    return warnings;
  }

  Status Seek(const Checkpoint& checkpoint) override {
    reader_.reset();
    failures_.clear();
    headers_.Restart(options_.follow);
    bytes_left_ = 0;
    positions_ = checkpoint.positions;
    INGOT_ASSIGN(const FileListing listing, ListFiles(path_));
    for (const std::string& warning : listing.warnings) WarnOnce(warning);
    for (const std::string& failure : listing.failures) Report(failure);
    names_ = WarningOfNames(path_, listing, !checkpoint.positions.empty());
    matches_ = MatchFiles(listing.files, checkpoint, options_, memory_);
    for (const std::string& warning : matches_.warnings) WarnOnce(warning);
    for (const std::string& failure : matches_.failures) Report(failure);
    ReportChanged();
    tasks_.clear();
    for (InputTask& task : std::exchange(matches_.tasks, {})) {
      if (!ShouldRead(task)) continue;
      bytes_left_ += BytesLeftOf(task);
      tasks_.push_back(std::move(task));
    }
    return {};
  }

  // A file that cannot be read does not prevent reading the others.
  Result<std::optional<RawBatch>> Next(std::chrono::milliseconds) override {
    if (!matches_.marks.empty()) {
      RawBatch mark = std::move(matches_.marks.back());
      matches_.marks.pop_back();
      return mark;
    }
    while (reader_ || OpenNext()) {
      auto batch = reader_->Next();
      if (batch && *batch) return batch;
      const auto read = std::exchange(reader_, nullptr);
      const CsvRows* header = read->NewHeader();
      if (header != nullptr) headers_.Add(read->Path(), *header, batch ? "" : batch.error().message);
      if (!batch) {
        ReportBroken(batch.error(), header != nullptr && header->HeaderIsUnknown());
        continue;
      }
      if (auto mark = End(*read)) return mark;
    }
    return std::nullopt;
  }

 private:
  /// The last observation of a followed file.
  struct Look {
    FileStat stat;
    Steady::time_point since;           // when this stat was first seen
    std::optional<bool> read_as_final;  // set at the end of the content: whether it was read as final
  };

  /// Reports the failure at the end of the run; for a followed source, logs it once.
  void Report(const std::string& failure) {
    if (options_.follow)
      WarnOnce(failure);
    else
      failures_.push_back(failure);
  }

  /// Reports an error of the file at look_. Bad content stays bad until the file is written. Input: `is_warning`: a
  /// warning says the same.
  void ReportBroken(const Error& error, bool is_warning) {
    const bool content = error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kBadInput;
    if (look_ != nullptr && content) look_->read_as_final = final_;
    if (!options_.follow || !is_warning) Report(error.message);
  }

  void WarnOnce(const std::string& warning) {
    if (warned_.insert(warning).second) LogWarning(warning);
  }

  void ReportChanged() {
    for (const ChangedFile& file : matches_.changed) {
      memory_.changed[file.location] = file.stat;
      const std::string what = "file " + file.path + " was replaced or cut after it was read: " + file.how;
      if (options_.on_changed == OnChanged::kSkip)
        WarnOnce(what + "; it is skipped");
      else
        Report(what + ". It was not read. Say on_changed: reread or on_changed: skip for the source in the pipeline " +
               "file (or --on-changed for one run), or give the new content a new name");
    }
  }

  bool IsIdle(const FileStat& stat, Steady::time_point since) const {
    const int64_t idle_micros = options_.idle.count();
    return Steady::now() - since >= options_.idle || NowMicros() - stat.modified_ns / 1000 >= idle_micros;
  }

  /// False when the file was read in its current state and has no more records.
  bool ShouldRead(const InputTask& task) {
    if (!options_.follow) return true;
    const auto [at, first] = looks_.try_emplace(task.location, Look{task.stat, Steady::now(), std::nullopt});
    Look& look = at->second;
    if (look.stat != task.stat) look = {task.stat, Steady::now(), std::nullopt};
    return !look.read_as_final || (!*look.read_as_final && IsIdle(look.stat, look.since));
  }

  bool OpenNext() {
    while (!tasks_.empty()) {
      const InputTask task = std::move(tasks_.front());
      tasks_.pop_front();
      bytes_left_ -= BytesLeftOf(task);
      look_ = nullptr;
      if (options_.follow) look_ = &looks_[task.location];
      final_ = !options_.follow || IsIdle(look_->stat, look_->since);
      auto opened = FileReader::Open(task, final_, options_);
      if (opened) {
        reader_ = std::move(*opened);
        return true;
      }
      if (opened.error().kind == ErrorKind::kNotFound)
        LogDebug(opened.error().message);  // the file was deleted after the listing
      else
        ReportBroken(opened.error(), false);
    }
    return false;
  }

  /// Returns the end mark of a file after its last record. The mark is the stored size, so that complete compressed
  /// content need not be decompressed again to find that nothing is new.
  std::optional<RawBatch> End(FileReader& read) {
    const bool unfinished = read.Waits() || read.Stream().Truncated();
    if (look_ != nullptr && unfinished) look_->read_as_final = final_;
    if (look_ != nullptr && !unfinished) looks_.erase(read.Location());
    if (read.Stream().Truncated() && final_)
      Report("file " + read.Path() +
             " ends early: its compressed content is truncated. The part before the end was read. The rest will be "
             "read when the file is complete");
    if (unfinished || !read.Stream().Compressed()) return std::nullopt;
    RawBatch mark;
    mark.from = EndMarkOf(read.Id());
    const auto before = positions_.find(mark.from);
    mark.begin = before == positions_.end() ? 0 : before->second;
    mark.end = read.Stream().StoredBytesRead();
    mark.file = read.Change();
    return mark;
  }

  const std::string path_;
  const SourceOptions options_;
  Positions positions_;
  FileMatches matches_;
  std::deque<InputTask> tasks_;
  std::unique_ptr<FileReader> reader_;
  Look* look_ = nullptr;  // the observation for reader_
  bool final_ = true;
  int64_t bytes_left_ = 0;
  std::vector<std::string> failures_;
  std::optional<InputWarning> names_;
  HeaderWarnings headers_;
  std::set<std::string> warned_;
  std::unordered_map<std::string, Look> looks_;
  MatchMemory memory_;
};

}  // namespace

Result<std::unique_ptr<Source>> OpenFiles(const std::string& uri, const SourceOptions& options) {
  INGOT_ASSIGN(std::string path, storage::LocalPath(uri));
  std::error_code error;
  const auto found = std::filesystem::status(path, error);
  if (!status_known(found)) return Fail(ErrorKind::kRetry, "source " + path + " cannot be read: " + error.message());
  if (!exists(found))
    return Fail(ErrorKind::kNotFound, "source does not exist: " + path +
                                          " (make records with: ingot generate --records 1000 --to " + path + ")");
  if (!is_directory(found) && !is_regular_file(found))
    return Fail(ErrorKind::kBadConfig, "source is neither a file nor a folder: " + path +
                                           " (a pipe has no positions from which to resume: write it to a file first)");
  return std::make_unique<FileSource>(std::move(path), options);
}

}  // namespace ingot::source
