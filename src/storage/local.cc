#include <arrow/io/file.h>
#include <arrow/util/io_util.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/arrow_result.h"
#include "base/random.h"
#include "base/status_detail.h"
#include "storage/folders.h"
#include "storage/location.h"
#include "storage/storage.h"
#include "storage/streams.h"

namespace ingot::storage {
namespace {

namespace fs = std::filesystem;

Status MakeParent(const std::string& path) {
  return MakeFolder(fs::path(path).parent_path());
}

/// Converts a stream's status: to a system error when it carries an errno.
Error ErrorOf(const arrow::Status& status, std::string_view doing, const std::string& path) {
  if (const int code = arrow::internal::ErrnoFromStatus(status); code != 0) return SystemError(doing, path, code);
  return FromArrow(status).Context(std::string(doing) + " " + path);
}

StatusTranslator TranslatorFor(const std::string& path) {
  return [path](const arrow::Status& status, std::string_view doing) { return ErrorOf(status, doing, path); };
}

/// An unbuffered file whose Close() makes its bytes durable. Write() starts writeback early, so that Close() waits
/// less.
class DurableStream : public arrow::io::OutputStream {
 public:
  DurableStream(std::shared_ptr<arrow::io::FileOutputStream> inner, std::string path)
      : inner_(std::move(inner)), path_(std::move(path)) {}
  arrow::Status Close() override {
    if (inner_->closed()) return arrow::Status::OK();
    const bool synced = RetryOnInterrupt([&] { return ::fsync(inner_->file_descriptor()); }) == 0;
    const Error problem = synced ? Error{} : SystemError("sync", path_);
    ARROW_RETURN_NOT_OK(inner_->Close());
    if (!synced) return ToArrow(problem);
    const Status folder_synced = SyncFolder(fs::path(path_).parent_path());
    return folder_synced ? arrow::Status::OK() : ToArrow(folder_synced.error());
  }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Write(const void* data, int64_t bytes) override {
    ARROW_RETURN_NOT_OK(inner_->Write(data, bytes));
    unsynced_bytes_ += bytes;
    if (unsynced_bytes_ < kSyncBytes) return arrow::Status::OK();
    (void)::sync_file_range(inner_->file_descriptor(), synced_bytes_, unsynced_bytes_,
                            SYNC_FILE_RANGE_WRITE);  // a hint
    synced_bytes_ += std::exchange(unsynced_bytes_, 0);
    return arrow::Status::OK();
  }
  arrow::Status Flush() override { return inner_->Flush(); }

 private:
  static constexpr int64_t kSyncBytes = 4 << 20;
  std::shared_ptr<arrow::io::FileOutputStream> inner_;
  std::string path_;
  int64_t synced_bytes_ = 0, unsynced_bytes_ = 0;
};

/// Adds all files below a folder; none when it does not exist. Symbolic links to files count as files; links to folders
/// are not followed.
Status ListFolder(const fs::path& folder, std::vector<FileInfo>& found) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    std::error_code unknown;
    if (it->is_directory(unknown) && !it->is_symlink(unknown)) {
      INGOT_TRY(ListFolder(path, found));
      continue;
    }
    struct stat file;
    if (::stat(path.c_str(), &file) != 0) {
      if (errno == ENOENT || errno == ELOOP) continue;  // deleted meanwhile, or a broken or circular link
      return std::unexpected(SystemError("list", path));
    }
    if (!S_ISREG(file.st_mode)) continue;
    found.push_back({AbsoluteLocation(path.string()), int64_t(file.st_size),
                     int64_t(file.st_mtim.tv_sec) * 1'000'000 + file.st_mtim.tv_nsec / 1000});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return std::unexpected(SystemError("list", folder, error.value()));
  return {};
}

class LocalStorage : public Storage {
 public:
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    // Opened here and not by Arrow, whose error for a missing file depends on its version.
    const int descriptor = OpenFile(path, O_RDONLY);
    if (descriptor < 0) return std::unexpected(SystemError("open", path));
    auto file = arrow::io::ReadableFile::Open(descriptor);
    if (!file.ok()) {
      ::close(descriptor);
      return std::unexpected(ErrorOf(file.status(), "open", path));
    }
    return TranslateErrors(std::move(*file), TranslatorFor(path));
  }

  Result<std::shared_ptr<arrow::io::OutputStream>> OpenOutput(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    INGOT_TRY(MakeParent(path));
    const int descriptor = OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (descriptor < 0) return std::unexpected(SystemError("create", path));
    auto file = arrow::io::FileOutputStream::Open(descriptor);
    if (!file.ok()) {
      ::close(descriptor);
      return std::unexpected(ErrorOf(file.status(), "create", path));
    }
    return TranslateErrors(std::make_shared<DurableStream>(*file, path), TranslatorFor(path));
  }

  Result<std::string> ReadAll(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    const int file = OpenFile(path, O_RDONLY);
    if (file < 0) return std::unexpected(SystemError("open", path));
    std::string bytes;
    char buffer[65536];
    ssize_t got;
    while ((got = RetryOnInterrupt([&] { return ::read(file, buffer, sizeof buffer); })) > 0)
      bytes.append(buffer, size_t(got));
    const bool failed = got < 0;
    const Error error = failed ? SystemError("read", path) : Error{};
    ::close(file);
    if (failed) return std::unexpected(error);
    return bytes;
  }

  // link() fails when the name exists, so that creation is a compare-and-swap even between processes.
  Status CreateAtomic(std::string_view location, std::string_view bytes) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    INGOT_TRY(MakeParent(path));
    const std::string draft = fs::path(path).parent_path() / (".draft-" + RandomUuid());
    const int file = OpenFile(draft, O_WRONLY | O_CREAT | O_EXCL);
    if (file < 0) return std::unexpected(SystemError("create", draft));
    Status outcome;
    for (size_t done = 0; done < bytes.size() && outcome;) {
      const ssize_t wrote = RetryOnInterrupt([&] { return ::write(file, bytes.data() + done, bytes.size() - done); });
      if (wrote < 0)
        outcome = std::unexpected(SystemError("write", draft));
      else
        done += size_t(wrote);
    }
    if (outcome && RetryOnInterrupt([&] { return ::fsync(file); }) != 0)
      outcome = std::unexpected(SystemError("sync", draft));
    ::close(file);
    if (outcome && ::link(draft.c_str(), path.c_str()) != 0) outcome = std::unexpected(SystemError("create", path));
    ::unlink(draft.c_str());
    INGOT_TRY(outcome);
    return SyncFolder(fs::path(path).parent_path());
  }

  Result<bool> Exists(std::string_view location) override {
    INGOT_ASSIGN(const std::string path, LocalPath(location));
    struct stat found;
    if (::stat(path.c_str(), &found) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return std::unexpected(SystemError("check", path));
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
    INGOT_TRY(ListFolder(path, found));
    std::ranges::sort(found, {}, &FileInfo::location);
    return found;
  }
};

}  // namespace

std::shared_ptr<Storage> MakeLocalStorage() {
  return std::make_shared<LocalStorage>();
}

}  // namespace ingot::storage
