#include <arrow/filesystem/localfs.h>
#include <arrow/io/file.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/arrow_result.h"
#include "base/random.h"
#include "storage/location.h"
#include "storage/storage.h"

namespace ingot::storage {
namespace {

namespace fs = std::filesystem;

Error SystemError(std::string_view doing, const std::string& path) {
  const int code = errno;
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::kNotFound
                         : code == EEXIST                                   ? ErrorKind::kExists
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::kBadConfig
                                                                            : ErrorKind::kRetry;
  return Error{kind, std::string(doing) + " " + path + ": " + std::strerror(code)};
}

Status SyncFolder(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return std::unexpected(SystemError("open", path));
  const int outcome = ::fsync(file);
  ::close(file);
  if (outcome != 0) return std::unexpected(SystemError("sync", path));
  return {};
}

Status MakeParent(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return Fail(ErrorKind::kBadConfig, "create folder for " + path + ": " + error.message());
  return {};
}

/// Buffers nothing itself; Close() makes the bytes durable. The disk gets them as they come, so that little is left to
/// wait for then.
class DurableStream : public arrow::io::OutputStream {
 public:
  DurableStream(std::shared_ptr<arrow::io::FileOutputStream> inner, std::string path)
      : inner_(std::move(inner)), path_(std::move(path)) {}
  arrow::Status Close() override {
    if (inner_->closed()) return arrow::Status::OK();
    const bool synced = ::fsync(inner_->file_descriptor()) == 0;
    const std::string problem = synced ? "" : SystemError("sync", path_).message;
    ARROW_RETURN_NOT_OK(inner_->Close());
    return synced ? arrow::Status::OK() : arrow::Status::IOError(problem);
  }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Write(const void* data, int64_t bytes) override {
    ARROW_RETURN_NOT_OK(inner_->Write(data, bytes));
    waiting_bytes_ += bytes;
    if (waiting_bytes_ < kSendBytes) return arrow::Status::OK();
    (void)::sync_file_range(inner_->file_descriptor(), sent_bytes_, waiting_bytes_, SYNC_FILE_RANGE_WRITE);  // a hint
    sent_bytes_ += std::exchange(waiting_bytes_, 0);
    return arrow::Status::OK();
  }
  arrow::Status Flush() override { return inner_->Flush(); }

 private:
  static constexpr int64_t kSendBytes = 4 << 20;
  std::shared_ptr<arrow::io::FileOutputStream> inner_;
  std::string path_;
  int64_t sent_bytes_ = 0, waiting_bytes_ = 0;
};

class LocalStorage : public Storage {
 public:
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    if (!fs::exists(path)) return Fail(ErrorKind::kNotFound, "file does not exist: " + path);
    auto file = files_.OpenInputFile(path);
    if (!file.ok()) return std::unexpected(FromArrow(file.status(), ErrorKind::kRetry));
    return *file;
  }

  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    INGOT_TRY(MakeParent(path));
    auto file = arrow::io::FileOutputStream::Open(path);
    if (!file.ok()) return std::unexpected(FromArrow(file.status(), ErrorKind::kRetry));
    return std::make_shared<DurableStream>(*file, path);
  }

  Result<std::string> ReadAll(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::unexpected(SystemError("open", path));
    std::string bytes;
    char buffer[65536];
    ssize_t got;
    while ((got = ::read(file, buffer, sizeof buffer)) > 0) bytes.append(buffer, size_t(got));
    const bool failed = got < 0;
    const Error error = failed ? SystemError("read", path) : Error{};
    ::close(file);
    if (failed) return std::unexpected(error);
    return bytes;
  }

  // A hard link is refused when the name exists, so that creation is a compare-and-swap even between processes.
  Status CreateAtomic(std::string_view location, std::string_view bytes) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    INGOT_TRY(MakeParent(path));
    const std::string draft = fs::path(path).parent_path() / (".draft-" + RandomUuid());
    const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return std::unexpected(SystemError("create", draft));
    Status outcome;
    for (size_t done = 0; done < bytes.size() && outcome;) {
      const ssize_t wrote = ::write(file, bytes.data() + done, bytes.size() - done);
      if (wrote < 0)
        outcome = std::unexpected(SystemError("write", draft));
      else
        done += size_t(wrote);
    }
    if (outcome && ::fsync(file) != 0) outcome = std::unexpected(SystemError("sync", draft));
    ::close(file);
    if (outcome && ::link(draft.c_str(), path.c_str()) != 0) outcome = std::unexpected(SystemError("create", path));
    ::unlink(draft.c_str());
    INGOT_TRY(outcome);
    return SyncFolder(fs::path(path).parent_path());
  }

  Result<bool> Exists(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    return fs::exists(path);
  }

  Status Delete(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(SystemError("delete", path));
    return {};
  }

  Status Move(std::string_view from, std::string_view to) override {
    INGOT_ASSIGN(const std::string source, LocalPath(from));
    INGOT_ASSIGN(const std::string target, LocalPath(to));
    INGOT_TRY(MakeParent(target));
    if (::rename(source.c_str(), target.c_str()) != 0) return std::unexpected(SystemError("move", source));
    return {};
  }

  Result<std::vector<FileInfo>> List(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    std::vector<FileInfo> found;
    std::error_code error;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      std::error_code vanished;
      if (!it->is_regular_file(vanished) || vanished) continue;
      const auto modified = fs::last_write_time(it->path(), vanished);
      const auto bytes = it->file_size(vanished);
      if (vanished) continue;
      const auto time = std::chrono::file_clock::to_sys(modified).time_since_epoch();
      found.push_back({AbsoluteLocation(it->path().string()), int64_t(bytes),
                       std::chrono::duration_cast<std::chrono::microseconds>(time).count()});
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return Fail(ErrorKind::kRetry, "list " + path + ": " + error.message());
    std::ranges::sort(found, {}, &FileInfo::location);
    return found;
  }

 private:
  arrow::fs::LocalFileSystem files_;
};

}  // namespace

std::shared_ptr<Storage> MakeLocalStorage() {
  return std::make_shared<LocalStorage>();
}

}  // namespace ingot::storage
