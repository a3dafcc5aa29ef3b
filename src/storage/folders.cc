#include "storage/folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace ingot::storage {

Error SystemError(std::string_view doing, const std::string& path, int code) {
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::kNotFound
                         : code == EEXIST                                   ? ErrorKind::kExists
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::kBadConfig
                                                                            : ErrorKind::kRetry;
  return Error{kind, std::string(doing) + " " + path + ": " + std::strerror(code)};
}

int OpenFile(const std::string& path, int flags) {
  return RetryOnInterrupt([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

Status SyncFolder(const std::string& path) {
  const int file = OpenFile(path, O_RDONLY | O_DIRECTORY);
  if (file < 0) return std::unexpected(SystemError("open", path));
  const int outcome = RetryOnInterrupt([&] { return ::fsync(file); });
  const int code = errno;
  ::close(file);
  if (outcome != 0 && code != EINVAL) return std::unexpected(SystemError("sync", path, code));  // EINVAL: no sync
  return {};
}

Status MakeFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  if (::mkdir(folder.c_str(), 0777) == 0) return SyncFolder(folder.parent_path());
  int code = errno;
  const std::filesystem::path parent = folder.parent_path();
  if (code == ENOENT && parent != folder) {
    INGOT_TRY(MakeFolder(parent));
    if (::mkdir(folder.c_str(), 0777) == 0) return SyncFolder(parent);
    code = errno;
  }
  struct stat found;
  if (::stat(folder.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return {};
  } else if (errno != ENOENT) {
    code = errno;
  }
  return std::unexpected(SystemError("create folder", folder, code));
}

}  // namespace ingot::storage
